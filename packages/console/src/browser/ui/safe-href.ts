/** Returns a link that a text from elsewhere may become: an address of the web, in full. Anything else is no link. */
export function safeHref(text: string): string | undefined {
  const url = URL.parse(text.trim());
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}
