import { deferred } from "../deferred.ts";

/** A command's place in the order of arrival. */
export interface QueuePlace {
  /** Lets later commands go ahead: the group of this one cannot be told for now. */
  readonly release: () => void;
  /** Does the work when all earlier commands of the group have ended. Resolves, or rejects, as the work does. */
  readonly run: <Result>(groupId: string, work: () => Promise<Result>) => Promise<Result>;
}

/**
 * Runs the commands of each deployment group one after the other, in the order of their arrival. Only its specification
 * tells the group of a command: until then every later command waits for its place.
 */
export class GroupQueues {
  /** The end of each group's last command. */
  readonly #tails = new Map<string, Promise<void>>();
  /** Resolves when every command that has arrived is in its queue, or has let others go ahead. */
  #allPlaced: Promise<unknown> = Promise.resolve();

  /** Takes a command's place in the order of arrival. `release` or `run` has to be called, or later commands wait for ever. */
  arrive(): QueuePlace {
    const earlierPlaced = this.#allPlaced;
    const { promise: placed, resolve: release } = deferred();
    this.#allPlaced = Promise.all([earlierPlaced, placed]);
    return {
      release,
      run: async (groupId, work) => {
        await earlierPlaced;
        const result = this.#enqueue(groupId, work);
        release();
        return result;
      },
    };
  }

  #enqueue<Result>(groupId: string, work: () => Promise<Result>): Promise<Result> {
    const result = (this.#tails.get(groupId) ?? Promise.resolve()).then(work);
    const tail = result.then(
      () => {},
      () => {}, // the caller handles it; the next in the queue only waits
    );
    this.#tails.set(groupId, tail);
    void tail.then(() => this.#tails.get(groupId) === tail && this.#tails.delete(groupId));
    return result;
  }
}
