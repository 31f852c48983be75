import type { Problem } from "./findings.ts";

// The official agent's sentences, letter for letter (appspec.md §3, two typing errors corrected as its successor does),
// and after them our own, in its tone, for what it answers with a crash.
const failed = "The deployment failed because";
const retry = "and then try again.";
const updatePermissions = `Update the permissions section of the AppSpec file, ${retry}`;
const aclTrouble = `${failed} of a problem with the acls permission settings in the application specification file.`;
const problem = (rule: string, text: string): Problem => ({ rule, text });

/** There is nothing in the file. */
export const empty = problem(
  "E1",
  `${failed} the application specification file was empty. Make sure your AppSpec file defines at minimum the 'version' and 'os' properties.`,
);
/** The version is not 0.0. */
export const badVersion = (version: string): Problem =>
  problem(
    "E2",
    `${failed} an invalid version value (${version}) was entered in the application specification file. Make sure your AppSpec file specifies "0.0" as the version, ${retry}`,
  );
/** The system is not this host's, or none. */
export const badOs = (os: string): Problem =>
  problem(
    "E3",
    `${failed} the application specification file specifies an unsupported operating system (${os}). Specify either "linux" or "windows" in the os section of the AppSpec file, ${retry}`,
  );
/** A script without a path. */
export const noLocation = problem(
  "E4",
  `${failed} the application specification file specifies a script with no location value. Specify the location in the hooks section of the AppSpec file, ${retry}`,
);
/** A time limit that is no number of seconds. */
export const badTimeout = problem(
  "E5",
  `${failed} an invalid timeout value was provided for a script in the application specification file. Make corrections in the hooks section of the AppSpec file, ${retry}`,
);
/** An entry of `files` without a source. */
export const noSource = problem(
  "E6",
  `${failed} the application specification file specifies a destination file, but no source file. Update the files section of the AppSpec file, ${retry}`,
);
/** An entry of `files` without a destination. */
export const noDestination = (source: string): Problem =>
  problem(
    "E7",
    `${failed} the application specification file specifies only a source file (${source}). Add the name of the destination file to the files section of the AppSpec file, ${retry}`,
  );
/** A permission without an object. */
export const noObject = problem(
  "E8",
  `${failed} a permission listed in the application specification file has no object value. ${updatePermissions}`,
);
/** Permissions for Windows. */
export const permissionsOnWindows = problem(
  "E9",
  `${failed} the application specification file specifies file permissions, but the deployment is targeting one or more Windows Server instances. Permissions are supported only for Amazon Linux, Ubuntu Server, and Red Hat Enterprise Linux (RHEL) instances. ${updatePermissions}`,
);
/** A permission for neither files nor directories. */
export const badObjectType = (type: string): Problem =>
  problem(
    "E10",
    `${failed} the application specification file specifies a permission for an object type not supported for permissions (${type}). ${updatePermissions}`,
  );
/** A mode of more than four digits. */
export const badModeLength = (mode: string): Problem =>
  problem(
    "E11",
    `${failed} the length of a permissions mode (${mode}) in the application specification file is invalid. Permissions modes must be between one and four characters long. ${updatePermissions}`,
  );
/** A mode with something else than octal digits. */
export const badModeCharacter = (mode: string, character: string): Problem =>
  problem(
    "E12",
    `${failed} the permissions mode (${mode}) in the application specification file contains an invalid character (${character}). ${updatePermissions}`,
  );
/** An access control entry in no known form. */
export const badAcl = (entry: string): Problem => problem("E13", `${aclTrouble} Invalid acl entry (${entry}).`);
/** An access control entry that only a mode may set. */
export const baseAcl = (entry: string): Problem =>
  problem("E14", `${aclTrouble} Use mode to set the base acl entry (${entry}). ${updatePermissions}`);
/** An access control entry with an unknown permission. */
export const badAclCharacter = (entry: string, character: string): Problem =>
  problem(
    "E15",
    `${failed} the access control list (ACL) named ${entry} in the application specification file contains an invalid character (${character}). Correct the ACL in the hooks section of the AppSpec file, ${retry}`,
  );
/** An SELinux context without a type. */
export const badContext = (context: string): Problem =>
  problem(
    "E16",
    `${failed} the application specification file specifies an invalid context type (${context}). ${updatePermissions}`,
  );
/** An SELinux range that is none. */
export const badRange = (range: string): Problem =>
  problem(
    "E17",
    `${failed} of a problem with the SELinux range specified (${range}) for the context parameter in the permissions section of the application specification file. Make corrections in the permissions section of the AppSpec file, ${retry}`,
  );
/** An unknown file_exists_behavior. */
export const badFileExistsBehavior = (value: string): Problem =>
  problem(
    "E19",
    `${failed} an invalid file_exists_behavior value (${value}) was entered in the application specification file. Make sure your AppSpec file specifies one of DISALLOW,OVERWRITE,RETAIN as the file_exists_behavior, ${retry}`,
  );

/** The file is not YAML; `trouble` says why. */
export const badYaml = (trouble: string): Problem => problem("yaml", `${failed} of a YAML parsing error: ${trouble}`);
/** A part of the file is not of the kind (map, list, text) that belongs there. */
export const badShape = (part: string, wanted: string, found: string): Problem =>
  problem("shape", `${failed} ${part} of the application specification file must be ${wanted}, and ${found} was found`);
/** A text that is not one of those that may stand there. */
export const badValue = (part: string, wanted: string, found: string): Problem =>
  problem(
    "value",
    `${failed} ${part} in the application specification file must be ${wanted}, and "${found}" was found`,
  );
/** A path of the revision that points outside of it. */
export const leavesRevision = (part: string, path: string): Problem =>
  problem("path", `${failed} the ${part} "${path}" in the application specification file leaves the revision`);
/** A destination that depends on where the agent was started. */
export const notAbsolute = (destination: string): Problem =>
  problem(
    "destination",
    `${failed} the destination "${destination}" in the files section of the application specification file is not an absolute path`,
  );
