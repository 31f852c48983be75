// Loaded before a program that another process has handed over to. Whoever ends that process, by SIGKILL too, ends this one: nobody else knows it.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref(); // waiting for that keeps nothing alive
