import type { LambdaContext, LambdaOperations } from "../context.ts";
import { functionOf } from "../store/function-rows.ts";
import { badValue, readName } from "../names.ts";

/** Tags of one function: Lambda's own limit. */
const tagsMax = 50;

/** Operations on tags. */
export const tagOperations: LambdaOperations = {
  ListTags: (context, { Resource }) => ({ Tags: tagsOf(context, nameOf(Resource)) }),

  TagResource(context, { Resource, Tags = {} }) {
    const name = nameOf(Resource);
    const tags = { ...tagsOf(context, name), ...Tags };
    if (Object.keys(tags).length > tagsMax)
      throw badValue(`The function would have ${Object.keys(tags).length} tags, and may have ${tagsMax}`);
    store(context, name, tags);
  },

  UntagResource(context, { Resource, TagKeys = [] }) {
    const name = nameOf(Resource);
    store(
      context,
      name,
      Object.fromEntries(Object.entries(tagsOf(context, name)).filter(([key]) => !TagKeys.includes(key))),
    );
  },
};

const nameOf = (resource: string | undefined) => readName(resource).name;

const tagsOf = (context: LambdaContext, name: string): Record<string, string> =>
  JSON.parse(functionOf(context, name).tags) as Record<string, string>; // written by CreateFunction and here

function store({ db }: LambdaContext, name: string, tags: Readonly<Record<string, string>>): void {
  db.run("UPDATE functions SET tags = ? WHERE name = ?", JSON.stringify(tags), name);
}
