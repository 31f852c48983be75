/** Writes words so that a POSIX shell reads them as they are, whatever is in them. */
export const shellWords = (words: readonly string[]): string => words.map(shellWord).join(" ");

const shellWord = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
