import { connectControl } from "../connect.js";
import type { Run } from "../context.js";
import { renderGraph } from "../render/graph.js";

export const run: Run = async ({ globals, io }) => {
  const { control, close } = await connectControl({ globals, io });
  try {
    const graph = await control.graph();
    if (globals.json) io.out(`${JSON.stringify(graph)}\n`);
    else io.out(`${renderGraph(graph.services, io.colors).join("\n")}\n`);
    return 0;
  } finally {
    await close();
  }
};
