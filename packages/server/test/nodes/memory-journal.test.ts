import { journalContract } from "./journal-contract.ts";
import { MemoryJournal } from "./memory-journal.ts";

journalContract("a journal in memory", async () => {
  let now = 1_000;
  return {
    journal: new MemoryJournal(() => now),
    pass: async (milliseconds) => void (now += milliseconds),
  };
});
