import { clientFault } from "../names.ts";

/** CPU units of Fargate, with the memory that goes with each, in MiB: from, to, in steps of. */
const sizes: Readonly<Record<number, readonly [from: number, to: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

/** Returns a task's CPU units and memory in MiB, as AWS writes them; throws a Fault for a size that Fargate has not. */
export function fargateSize(cpu: string | undefined, memory: string | undefined): { cpu: string; memory: string } {
  if (cpu === undefined || memory === undefined)
    throw clientFault(
      `Task definition does not have ${cpu === undefined ? "a cpu" : "a memory"} setting: Fargate requires that 'cpu' and 'memory' are defined at the task level.`,
    );
  const [units, megabytes] = [cpuUnits(cpu), memoryMegabytes(memory)];
  const [from, to, step] = sizes[units] ?? [];
  const isKnown = from !== undefined && to !== undefined && step !== undefined;
  // The smallest size has 0.5, 1 and 2 GB.
  const fits = isKnown && megabytes >= from && megabytes <= to && megabytes % step === 0;
  if (!fits || (units === 256 && megabytes === 1536))
    throw clientFault(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  return { cpu: String(units), memory: String(megabytes) };
}

/** CPU units of a setting such as `256`, `.25 vCPU` or `1vcpu`; a Fault for others. */
export function cpuUnits(text: string): number {
  const [, amount = "", unit] = /^(\d{0,6}(?:\.\d{1,6})?) {0,2}(vcpu)?$/i.exec(text.trim()) ?? [];
  const units = Number(amount) * (unit === undefined ? 1 : 1024);
  if (amount === "" || !Number.isInteger(units) || units < 1) throw clientFault("Invalid 'cpu' setting for task.");
  return units;
}

/** MiB of a setting such as `512`, `0.5 GB` or `1gb`; a Fault for others. */
export function memoryMegabytes(text: string): number {
  const [, amount = "", unit] = /^(\d{0,6}(?:\.\d{1,6})?) {0,2}(gb)?$/i.exec(text.trim()) ?? [];
  const megabytes = Number(amount) * (unit === undefined ? 1 : 1024);
  if (amount === "" || !Number.isInteger(megabytes) || megabytes < 1)
    throw clientFault("Invalid 'memory' setting for task.");
  return megabytes;
}
