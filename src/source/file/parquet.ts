/** Rows of a Parquet file as JSON lines, a row group's slice at a time. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { LineBlock } from "./lines.ts";
import { rowBlock } from "./rows.ts";

/** @param rowsMax rows in a block. */
export async function* readParquetBlocks(path: string, rowsMax: number): AsyncGenerator<LineBlock> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const rowCount = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < rowCount; rowStart += rowsMax) {
    const rowEnd = Math.min(rowCount, rowStart + rowsMax);
    yield rowBlock(await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd }));
  }
}
