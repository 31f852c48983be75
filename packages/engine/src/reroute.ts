import type { Course } from "./course.ts";
import { events } from "./in-place.ts";
import { rollOut } from "./roll-out.ts";
import { add, begin, course } from "./stages.ts";
import type { World } from "./world.ts";

const rule = "all at once, and none may fail";

/** The rollback of a blue/green deployment whose original hosts still run: they get their traffic back, then the replacement loses it (deployments.md §7.4). Where nothing has moved it ends at once. */
export function reroute({ deployment }: World): Course {
  const { back = [], away = [] } = deployment.reroute ?? {};
  return course([
    begin,
    add({ hosts: back, events: events.allow, label: "Blue" }),
    add({ hosts: away, events: events.block, label: "Green" }),
    rollOut({ of: ({ label }) => label === "Blue", events: events.allow, rule }),
    rollOut({ of: ({ label }) => label === "Green", events: events.block, rule }),
  ]);
}
