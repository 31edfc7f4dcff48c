/** The limits that the sync cases compare with, as tools of one way each. */
import { fileURLToPath } from "node:url";
import { awsEnvironment } from "./tool.mjs";

const script = (name) => fileURLToPath(new URL(`../bare/${name}`, import.meta.url));
const node = { program: process.execPath, environment: awsEnvironment };
const transfer = (direction, label) => ({
  tool: node,
  way: {
    label,
    args: ({ folder, bucket, endpoint }) => [script("transfer.mjs"), direction, folder, bucket, endpoint],
  },
});

export const bareUp = transfer("up", "bare Node loop");
export const bareDown = transfer("down", "bare Node loop");
export const bareDurable = transfer("durable", "bare Node loop, with fsync");

export const walks = [
  { tool: node, way: { label: "bare Node walk, readdir + lstat", args: ({ folder }) => [script("walk.mjs"), folder] } },
  {
    tool: { program: "find", environment: () => ({}) },
    way: { label: "find -printf", args: ({ folder }) => [folder, "-printf", "%s %T@ %C@ %i\\n"] },
  },
];
