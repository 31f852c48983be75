/** A message of a stream of server-sent events. */
export interface StreamMessage {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** Longest message that is kept together, in characters: above any that the server sends. */
const messageLengthMax = 8 * 1024 * 1024;

/**
 * Returns a function that takes text as it comes and gives each whole message of it. Comments are left out. Throws when a
 * message grows beyond all bounds.
 */
export function messageReader(): (text: string) => readonly StreamMessage[] {
  let rest = "";
  return (text) => {
    rest += text;
    if (rest.length > messageLengthMax) throw new Error("The stream sends a message without an end");
    const parts = rest.split("\n\n");
    rest = parts.pop() ?? "";
    return parts.map(messageOf).filter(({ data }) => data !== "");
  };
}

function messageOf(block: string): StreamMessage {
  const fields = { event: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon <= 0 || !(name in fields)) continue;
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    const key = name as keyof typeof fields;
    fields[key] = key === "data" && fields.data !== "" ? `${fields.data}\n${value}` : value;
  }
  return { name: fields.event, id: fields.id, data: fields.data };
}
