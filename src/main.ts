/** Process entry: hands the command line to the application and exits with its answer. */
import { runCommandLine } from "./app/cli/command-line.ts";

/** A client library may hold the process open with a socket or a timer after all was stopped; it is given this long. */
const LINGER_MS_MAX = 1_000;

const code = await runCommandLine(process.argv.slice(2));
process.exitCode = code;
setTimeout(() => process.exit(code), LINGER_MS_MAX).unref();
