import type { Tables } from "../../store/database.ts";

/** Groups are `Records`. Their settings that are described as given, and those of their refreshes, were once stored as `told`. */
export const autoScalingTables: Tables = {
  service: "auto-scaling",
  steps: [
    `
UPDATE records
SET record = json_set(json_remove(record, '$.told'), '$.asGiven', json(json_extract(record, '$.told')))
WHERE kind = 'auto-scaling-group' AND json_type(record, '$.told') = 'object';
UPDATE records
SET record = json_set(record, '$.refreshes', (
  SELECT json_group_array(json(json_set(
    json_remove(value, '$.preferences.told'), '$.preferences.asGiven', json(json_extract(value, '$.preferences.told'))
  )))
  FROM json_each(record, '$.refreshes')
))
WHERE kind = 'auto-scaling-group' AND json_type(record, '$.refreshes[0].preferences.told') = 'object';
`,
  ],
};
