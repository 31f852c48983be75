/** The version of all of Sluice. It is said here alone; each package.json repeats it, which a test sees to. */
export const version = "0.1.0";
