export { EpochWorkflow } from "./epoch.js";
export { HostWorkflow } from "./host.js";
export { ReviewPhaseWorkflow } from "./review.js";
export { ServiceWorkflow } from "./service.js";
export { SliceWorkflow } from "./slice.js";
export { SyncRootWorkflow } from "./sync-root.js";
