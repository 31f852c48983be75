import { Fault } from "../fault.ts";
import { partsMax } from "./malformed.ts";

/** An element. Prefixes are dropped from tags. */
export interface XmlElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

// One piece of markup or text at a time. A document type does not match: neither its entities nor anything external is ever read.
const piece =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;

const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }),
);

/** Begins a tag or an entity, or stands in an attribute. */
const sign = /[<&=]/g;
const noAttributes: ReadonlyMap<string, string> = new Map();

/** Parses a document and returns its root element. Throws MalformedXML on anything that is not well-formed, declares a document type, is nested too deep, or has too many parts. */
export function parseXml(text: string, depthMax: number): XmlElement {
  let parts = 0;
  for (const _ of text.matchAll(sign)) if (++parts > partsMax) throw notWellFormed();
  const top: XmlElement = { tag: "", attributes: new Map(), children: [], text: "" };
  const open = [top];
  let end = 0;
  for (const found of text.matchAll(piece)) {
    const [whole, cdata, closing, name, attributes = "", selfClosing, plain] = found;
    const parent = open.at(-1) ?? top;
    end = found.index + whole.length;
    if (cdata !== undefined) parent.text += cdata;
    else if (plain !== undefined) parent.text += unescape(plain);
    else if (name !== undefined) {
      const tag = name.slice(name.indexOf(":") + 1);
      if (closing === "/") {
        if (open.length < 2 || parent.tag !== tag) throw notWellFormed();
        open.pop();
      } else {
        const child: XmlElement = { tag, attributes: parseAttributes(attributes), children: [], text: "" };
        parent.children.push(child);
        if (selfClosing !== "/") open.push(child);
        if (open.length > depthMax) throw notWellFormed();
      }
    }
  }
  const [root, ...others] = top.children;
  if (
    root === undefined ||
    others.length > 0 ||
    open.length !== 1 ||
    end !== text.length ||
    top.text.trim().replace("\ufeff", "") !== ""
  )
    throw notWellFormed();
  return root;
}

function parseAttributes(text: string): ReadonlyMap<string, string> {
  if (text === "") return noAttributes;
  return new Map(
    [...text.matchAll(/\s*([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gy)].map(([, name = "", double, single]) => [
      name,
      unescape(double ?? single ?? ""),
    ]),
  );
}

function unescape(text: string): string {
  return text.replaceAll(/&([^;]{0,10});?/g, (whole, entity: string) => {
    const code = /^#x([0-9a-f]{1,6})$/i.exec(entity)?.[1] ?? /^#(\d{1,7})$/.exec(entity)?.[1];
    const point =
      code === undefined
        ? undefined
        : Number.parseInt(code, entity.startsWith("#x") || entity.startsWith("#X") ? 16 : 10);
    const character =
      point === undefined ? entities.get(entity) : point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined;
    if (character === undefined || !whole.endsWith(";")) throw notWellFormed();
    return character;
  });
}

const notWellFormed = () =>
  new Fault(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
