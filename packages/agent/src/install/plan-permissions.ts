import { dirname } from "node:path";
import { fits, readPattern } from "@sluice/aws-protocol/wildcards";
import type { Permission } from "@sluice/engine/appspec";
import { groupId, mayGiveTo, userId } from "./accounts.ts";
import { type Instruction, semanageContext } from "./instructions.ts";

/** What an installation will write. */
export interface PlannedWrites {
  /** The sources of files and of folders, by destination. */
  readonly copies: ReadonlyMap<string, string>;
  readonly folders: ReadonlyMap<string, string>;
  /** Whether a path of this host is a folder. */
  readonly isFolder: (path: string) => boolean;
}

/** Plans the permissions of everything that an installation writes (agent.md §5.4, §5.5). Throws AWS's sentence when a rule cannot be met. */
export function planPermissions(
  permissions: readonly Permission[],
  written: PlannedWrites,
  { allowsSetuid }: { readonly allowsSetuid: boolean },
): { readonly instructions: readonly Instruction[]; readonly warnings: readonly string[] } {
  const taken = new Set<string>();
  const warnings: string[] = [];
  const instructions = permissions.flatMap((permission) => {
    checkAccounts(permission);
    if (!allowsSetuid) refuseSetuid(permission);
    const paths = matches(permission, written);
    if (paths.length > 0) checkRights(permission);
    if (paths.length === 0)
      warnings.push(`The permission of "${permission.object}" changes nothing: this deployment writes nothing there`);
    return paths.flatMap((path) => {
      if (taken.has(path))
        throw new Error(
          `The deployment failed because the permissions setting for (${path}) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.`,
        );
      taken.add(path);
      return instructionsFor(permission, path);
    });
  });
  return { instructions, warnings };
}

/** SELinux types without any restrictions. */
const unconfinedTypes = ["unconfined_t", "kernel_t", "init_t"];

/** Throws the newer official agent's sentence when a rule asks for such a type. */
export function refuseUnconfined(permissions: readonly Permission[]): void {
  const type = permissions.map(({ context }) => context?.type).find((one = "") => unconfinedTypes.includes(one));
  if (type !== undefined)
    throw new Error(
      `deployment rejected: AppSpec specifies SELinux type '${type}' which disables mandatory access controls; set reject_unconfined_selinux_in_bundle: false to allow`,
    );
}

/** Throws the newer official agent's sentence when a rule asks for setuid or setgid. */
function refuseSetuid({ object, mode }: Permission): void {
  if (mode !== undefined && (Number.parseInt(mode, 8) & 0o6000) !== 0)
    throw new Error(
      `deployment rejected: file ${object} requests SUID/SGID mode ${mode}; set reject_unsafe_permissions_in_bundle: false to allow`,
    );
}

function checkAccounts({ owner, group, acls = [] }: Permission): void {
  const named = acls.map((entry) => entry.replace(/^default:/, "").split(":"));
  for (const [type, name] of [["user", owner], ["group", group], ...named] as const) {
    if (name === undefined || name === "") continue;
    if (type === "user" && userId(name) === undefined) throw new Error(`can't find user for ${name}`);
    if (type === "group" && groupId(name) === undefined) throw new Error(`can't find group for ${name}`);
  }
}

/** Throws when this agent may not change the owner of files to the one that a rule names. */
function checkRights({ object, owner, group }: Permission): void {
  const ids = {
    user: owner === undefined ? undefined : userId(owner),
    group: group === undefined ? undefined : groupId(group),
  };
  const refused = mayGiveTo(ids);
  if (refused !== undefined)
    throw new Error(
      `The deployment failed because what is written to "${object}" cannot be given to the ${refused} "${refused === "user" ? owner : group}": ${process.getuid?.() === 0 ? "the number is not one of this user namespace" : "only root may do that, and the agent does not run as root"}`,
    );
}

function matches(permission: Permission, { copies, folders, isFolder }: PlannedWrites): readonly string[] {
  const { object, type } = permission;
  if (copies.has(object)) return type.includes("file") ? [theFile(permission)] : [];
  if (!folders.has(object) && !isFolder(object)) return [];
  const files = type.includes("file") ? [...copies.keys()].filter((path) => isMatch(permission, path)) : [];
  if (files[0] !== undefined) refuseDefaultAcl(permission);
  return [
    ...files,
    ...(type.includes("directory") ? [...folders.keys()].filter((path) => isMatch(permission, path)) : []),
  ];
}

/** Returns the file that a rule is for. Throws when the rule has patterns, which are for folders only. */
function theFile(permission: Permission): string {
  const { object, pattern, except } = permission;
  if (pattern !== "**")
    throw new Error(
      `The deployment failed because the application specification file includes an object (${object}) with an invalid pattern (${pattern}), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.`,
    );
  if (except.length > 0)
    throw new Error(
      `The deployment failed because the except parameter for a pattern in the permissions section (${JSON.stringify(except).replaceAll(",", ", ")}) for the object named ${object} contains an invalid format. Update the AppSpec file, and then try again.`,
    );
  refuseDefaultAcl(permission);
  return object;
}

function refuseDefaultAcl({ acls = [] }: Permission): void {
  if (acls.some((entry) => entry.startsWith("default:")))
    throw new Error(
      "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.",
    );
}

function isMatch({ object, pattern, except }: Permission, path: string): boolean {
  const prefix = object === "/" ? "/" : `${object}/`;
  if (!path.startsWith(prefix) || path === object) return false;
  const isChild = dirname(path) === object;
  const name = path.slice(prefix.length);
  if (isChild && except.some((one) => nameMatches(one, name))) return false;
  return pattern === "**" || (isChild && nameMatches(pattern, name));
}

/** Whether a name matches a pattern, in which only `*` is special. */
export function nameMatches(pattern: string, name: string): boolean {
  return fits(name, readPattern(pattern, { hasOneCharacter: false, hasEscapes: false }));
}

function instructionsFor({ mode, acls, context, owner, group }: Permission, file: string): readonly Instruction[] {
  return [
    ...(mode === undefined ? [] : [{ type: "chmod", mode, file } as const]),
    ...(acls === undefined ? [] : [{ type: "setfacl", acl: acls, file } as const]),
    ...(context === undefined ? [] : [{ type: "semanage", context: semanageContext(context), file } as const]),
    ...(owner === undefined && group === undefined
      ? []
      : [{ type: "chown", owner: owner ?? null, group: group ?? null, file } as const]),
  ];
}
