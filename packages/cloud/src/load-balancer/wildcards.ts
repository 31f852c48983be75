/**
 * Whether a text is what a pattern says: `*` stands for any text, `?` for one character. Done by hand, because a regular
 * expression with several `*` takes minutes over a text that is made for it.
 */
export function fits(text: string, pattern: string): boolean {
  let [at, next] = [0, 0];
  // Where the last `*` is, and from where on the text is held against what follows it.
  let [star, from] = [-1, 0];
  while (at < text.length) {
    if (pattern[next] === "*") {
      star = next;
      from = at;
      next += 1;
    } else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === text[at])) {
      at += 1;
      next += 1;
    } else if (star === -1) return false;
    else {
      from += 1;
      at = from;
      next = star + 1;
    }
  }
  while (pattern[next] === "*") next += 1;
  return next === pattern.length;
}
