import { join } from "node:path";
import { removeCgroupFolder } from "./namespaces/cgroup-folder.ts";
import { ControlClient } from "./namespaces/control-client.ts";
import { stateFolderOf } from "./namespaces/folders.ts";
import { plainInstances } from "./plain/instance-folder.ts";
import { endProcesses, processesOf } from "./plain/processes.ts";
import { plainTaskIds, plainTasksFolderOf } from "./plain/tasks.ts";

/** Ends instances and tasks that have outlived their control plane. Returns false when there were none. */
export async function endLeftovers({ dataFolder }: { dataFolder: string }): Promise<boolean> {
  const control = await ControlClient.find(stateFolderOf(dataFolder));
  await control?.closeAll();
  await removeCgroupFolder(stateFolderOf(dataFolder));
  const tasks = plainTasksFolderOf(dataFolder);
  const folders = [
    ...plainInstances(dataFolder).map(({ folder }) => folder),
    ...plainTaskIds(tasks).map((taskId) => join(tasks, taskId)),
  ];
  const plain = folders.filter((folder) => processesOf(folder).length > 0);
  await Promise.all(plain.map((folder) => endProcesses(folder)));
  return control !== undefined || plain.length > 0;
}
