/** Process entry: hands the command line to the application and exits with its answer. */
import { runCommandLine } from "./app/cli/command-line.ts";

process.exitCode = await runCommandLine(process.argv.slice(2));
