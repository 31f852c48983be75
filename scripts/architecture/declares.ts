/** Whether a text declares a name: a function, a constant, a type, or a method (`#name` for a private one). */
export function declares(text: string, name: string): boolean {
  const word = name.replace(/^#/, "");
  return (
    new RegExp(`\\b(?:function|const|class|interface|type) ${word}\\b`).test(text) ||
    new RegExp(`^ {2}(?:async )?${name}\\(`, "m").test(text)
  );
}
