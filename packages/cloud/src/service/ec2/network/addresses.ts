/** The addresses of the VPC that are in use: instances have some, and tasks of ECS have others. */
export class Addresses {
  readonly #users: (() => Iterable<string>)[] = [];

  /** Adds a source of addresses that are in use. */
  add(user: () => Iterable<string>): void {
    this.#users.push(user);
  }

  /** All that are in use now. */
  taken(): Set<string> {
    return new Set(this.#users.flatMap((user) => [...user()]));
  }
}
