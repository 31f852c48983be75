/** An operating system command, such as a link or a title: it ends with BEL or ST, or with the line. */
const systemCommand = /\u001b[\]PX^_][^\u0007\u001b\u009c\n]{0,4096}(?:\u0007|\u001b\\|\u009c)?/g;

/** Colours and weights, which pages show. */
const colour = /^\u001b\[[0-9;]{0,32}m$/;
const controlSequence = /\u001b\[[0-?]{0,64}[ -/]{0,8}[@-~]/g;

/** What else steers a terminal or the direction of writing; tabs and ends of lines stay. */
const steering =
  /[\u0000-\u0008\u000b-\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Returns what a script wrote as text: of its control characters only tabs, ends of lines and colours are left. */
export const plainLines = (text: string): string =>
  text
    .replaceAll(systemCommand, "")
    .replaceAll(controlSequence, (sequence) => (colour.test(sequence) ? sequence : ""))
    .replaceAll("\r\n", "\n")
    .replaceAll("\r", "\n")
    .replaceAll(steering, "")
    .replaceAll(/\u001b(?!\[[0-9;]{0,32}m)/g, "");
