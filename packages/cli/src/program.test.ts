import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { program } from "./program.ts";

const flagsOf = ({ options }: Command) => options.flatMap(({ long, short }) => [long, short]).filter(Boolean);

test("no command has a flag of the program's own: that one would take its value", () => {
  const own = new Set(flagsOf(program));
  const commands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(commands)];

  for (const command of program.commands.flatMap(commands))
    assert.deepEqual(
      flagsOf(command).filter((flag) => own.has(flag)),
      [],
      `sluice ${command.name()}`,
    );
});
