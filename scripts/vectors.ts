/**
 * Sketches against the reference, both ways (test/data/vectors/README.md):
 *   npm run vectors -- answer DIR   reads the sketches in DIR and prints our answers as JSON
 *   npm run vectors -- write DIR    writes sketches of our own and their manifest.json
 */
import { answerFolder } from "../bench/sketch/vector-answers.ts";
import { writeVectors } from "../bench/sketch/vector-files.ts";

const [command, folder] = process.argv.slice(2);
if (folder !== undefined && command === "answer") {
  process.stdout.write(`${JSON.stringify(answerFolder(folder))}\n`);
} else if (folder !== undefined && command === "write") {
  process.stderr.write(`wrote ${writeVectors(folder)} sketches and manifest.json to ${folder}\n`);
} else {
  process.stderr.write("usage: npm run vectors -- answer DIR | write DIR\n");
  process.exitCode = 64;
}
