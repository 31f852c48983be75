/** The tables. Times are milliseconds since the epoch; columns named like documents hold JSON. */
export const schema = `
CREATE TABLE IF NOT EXISTS applications (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, compute_platform TEXT NOT NULL, create_time INTEGER NOT NULL, tags TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS deleted_applications (
  id TEXT PRIMARY KEY REFERENCES applications ON DELETE CASCADE, name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deployment_groups (
  id TEXT PRIMARY KEY, application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE, name TEXT NOT NULL,
  settings TEXT NOT NULL, target_revision TEXT, tags TEXT NOT NULL, UNIQUE (application_id, name)
) STRICT;
CREATE TABLE IF NOT EXISTS revisions (
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE, identity TEXT NOT NULL, location TEXT NOT NULL, description TEXT,
  register_time INTEGER NOT NULL, first_used_time INTEGER, last_used_time INTEGER, PRIMARY KEY (application_id, identity)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deployment_configs (
  name TEXT PRIMARY KEY, id TEXT NOT NULL, settings TEXT NOT NULL, create_time INTEGER NOT NULL, tags TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS deployments (
  id TEXT PRIMARY KEY, application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE, group_id TEXT NOT NULL, status TEXT NOT NULL,
  create_time INTEGER NOT NULL, is_over INTEGER NOT NULL, version INTEGER NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS deployments_by_time ON deployments (create_time);
CREATE INDEX IF NOT EXISTS deployments_by_status ON deployments (status, create_time);
CREATE INDEX IF NOT EXISTS deployments_by_group ON deployments (group_id, create_time);
CREATE INDEX IF NOT EXISTS deployments_by_group_status ON deployments (group_id, status, create_time);
CREATE INDEX IF NOT EXISTS deployments_by_external_id ON deployments (request ->> 'externalId') WHERE request ->> 'externalId' IS NOT NULL;
CREATE INDEX IF NOT EXISTS deployments_rolling_back ON deployments (request ->> '$.rollbackOf.deploymentId') WHERE request ->> '$.rollbackOf.deploymentId' IS NOT NULL;
CREATE INDEX IF NOT EXISTS deployments_following ON deployments (request ->> 'follows') WHERE request ->> 'follows' IS NOT NULL;
CREATE INDEX IF NOT EXISTS deployments_live ON deployments (is_over) WHERE is_over = 0;
CREATE TABLE IF NOT EXISTS fleets (
  deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE, which TEXT NOT NULL, fleet TEXT NOT NULL, PRIMARY KEY (deployment_id, which)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS targets (
  deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL, host TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (deployment_id, position)
) STRICT;
CREATE INDEX IF NOT EXISTS targets_by_host ON targets (host, deployment_id);
CREATE TABLE IF NOT EXISTS reports (
  command_id TEXT NOT NULL, kind TEXT NOT NULL, deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE, sequence INTEGER NOT NULL,
  report TEXT NOT NULL, is_new INTEGER NOT NULL, PRIMARY KEY (command_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reports_by_deployment ON reports (deployment_id);
CREATE INDEX IF NOT EXISTS reports_new ON reports (deployment_id, sequence) WHERE is_new = 1;
CREATE TABLE IF NOT EXISTS host_memories (
  group_id TEXT NOT NULL, host TEXT NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (group_id, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scaling_hooks (
  group_id TEXT NOT NULL, scaling_group TEXT NOT NULL, transition TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (group_id, scaling_group, transition)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lifecycle_actions (
  group_id TEXT NOT NULL, instance TEXT NOT NULL, transition TEXT NOT NULL, deployment_id TEXT, note TEXT, at INTEGER NOT NULL,
  PRIMARY KEY (group_id, instance, transition)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scaled_instance_states (
  group_id TEXT NOT NULL, instance TEXT NOT NULL, handled_state TEXT, has_served INTEGER NOT NULL, PRIMARY KEY (group_id, instance)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notifications (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_id TEXT NOT NULL, topic TEXT, subject TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS owed_follow_ups (root_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS copied_groups (
  deployment_id TEXT PRIMARY KEY, group_id TEXT NOT NULL, scaling_group TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS on_premises_instances (
  name TEXT PRIMARY KEY, arn TEXT NOT NULL, iam_arn TEXT NOT NULL, is_session INTEGER NOT NULL, register_time INTEGER NOT NULL,
  deregister_time INTEGER, tags TEXT NOT NULL, owner_id TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS on_premises_identities ON on_premises_instances (iam_arn) WHERE deregister_time IS NULL;
CREATE TABLE IF NOT EXISTS event_log (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, deployment_id TEXT, application TEXT, group_name TEXT, events TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS event_log_by_deployment ON event_log (deployment_id, first) WHERE deployment_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_log_by_application ON event_log (application, first) WHERE application IS NOT NULL;
CREATE TABLE IF NOT EXISTS github_tokens (name TEXT PRIMARY KEY, token TEXT NOT NULL, applications TEXT) STRICT;
`;

/**
 * Returns a statement that renames members of the JSON in a column. In JSON without white space, a text such as
 * `"name":` is always a member: a quotation mark within a string is escaped.
 */
function renameMembers(table: string, column: string, names: readonly (readonly [before: string, after: string])[]) {
  const renamed = names.reduce((text, [before, after]) => `replace(${text}, '${before}', '${after}')`, column);
  const hasAny = names.map(([before]) => `instr(${column}, '${before}') > 0`).join(" OR ");
  return `UPDATE ${table} SET ${column} = ${renamed} WHERE ${hasAny}`;
}

/** Members with the first character of their value, so that an Auto Scaling group of such a name is left alone. */
const checkpoint = ['"noted":{', '"checkpoint":{'] as const;
const deregistered = ['"takenOut":[', '"deregistered":['] as const;
const tieBreaker = ['"lot":', '"tieBreaker":'] as const;
const effect = [
  ['"work":{', '"effect":{'],
  ['"work":"', '"kind":"'],
] as const;

/** How the tables of each earlier version become those of the next, oldest first. They run after the schema, so new tables are there. */
export const upgrades: readonly string[] = [
  `INSERT INTO fleets SELECT deployments.id, key, value FROM deployments, json_each(deployments.fleet) WHERE deployments.fleet IS NOT NULL;
ALTER TABLE deployments DROP COLUMN fleet`,
  // The targets table is the source of truth for commands.
  `DROP TABLE IF EXISTS commands`,
  // Rows without a row id spill over onto a page of their own from a thousand bytes on, and a target has more.
  `CREATE TABLE targets_with_row_id (
  deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL, host TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (deployment_id, position)
) STRICT;
INSERT INTO targets_with_row_id SELECT * FROM targets ORDER BY deployment_id, position;
DROP TABLE targets;
ALTER TABLE targets_with_row_id RENAME TO targets;
CREATE INDEX targets_by_host ON targets (host, deployment_id)`,
  // Registrations have an owner, and tokens their applications.
  `ALTER TABLE on_premises_instances ADD COLUMN owner_id TEXT;
ALTER TABLE github_tokens ADD COLUMN applications TEXT`,
  // Hosts and gateways report, and stored members have the engine's names.
  [
    renameMembers("deployments", "state", [
      checkpoint,
      deregistered,
      tieBreaker,
      ...effect,
      ['"restores":true', '"isRollback":true'],
      ['"isUntold":true', '"isDenied":true'],
    ]),
    renameMembers("targets", "target", [checkpoint, deregistered, ...effect]),
    renameMembers("fleets", "fleet", [deregistered, tieBreaker]),
    renameMembers("host_memories", "memory", [deregistered]),
    "UPDATE fleets SET which = 'selectedAgain' WHERE which = 'selected again'",
    "UPDATE fleets SET which = 'replacementAgain' WHERE which = 'replacement again'",
    `CREATE TABLE IF NOT EXISTS answers (
  command_id TEXT NOT NULL, kind TEXT NOT NULL, deployment_id TEXT NOT NULL, sequence INTEGER NOT NULL, answer TEXT NOT NULL, is_new INTEGER NOT NULL
) STRICT`,
    "INSERT INTO reports SELECT command_id, kind, deployment_id, sequence, answer, is_new FROM answers",
    "DROP TABLE answers",
    renameMembers("reports", "report", [checkpoint]),
    `CREATE TABLE IF NOT EXISTS scaled_instances (group_id TEXT NOT NULL, instance TEXT NOT NULL, taken_up TEXT, has_served INTEGER NOT NULL) STRICT`,
    "INSERT INTO scaled_instance_states SELECT group_id, instance, taken_up, has_served FROM scaled_instances",
    "DROP TABLE scaled_instances",
  ].join(";\n"),
];
