/** What the transfer cases carry. */
import { writeLargeFiles, writeSmallFiles } from "./files.mjs";

/** @returns {{key: string, title: string, files: number, write: (directory: string) => void}[]} */
export function shapes(quick) {
  const [small, large, mb] = quick ? [1000, 4, 20] : [10_000, 10, 50];
  return [
    {
      key: "small",
      title: `${small.toLocaleString("en")} files of 1–4 KB`,
      files: small,
      write: (directory) => writeSmallFiles(directory, small),
    },
    { key: "large", title: `${large} × ${mb} MB`, files: large, write: (directory) => writeLargeFiles(directory, large, mb * 1_000_000) },
  ];
}
