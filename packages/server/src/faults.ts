import { Fault } from "@sluice/aws-protocol";

/** A fault of CodeDeploy by its name without the `Exception` that every one of them ends in. */
export const fault = (name: string, message: string): Fault => new Fault(`${name}Exception`, message);
