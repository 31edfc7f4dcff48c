import type { ServiceType } from "../spec.js";
import type { Path, Report } from "./problems.js";
import type { Raw } from "./raw.js";
import { PROCESS_KEYS } from "./schema.js";

/** Keys that only some types of service have. */
const KEYS_OF_TYPES: readonly { readonly path: Path; readonly types: readonly ServiceType[] }[] = [
  ...["command", "working_dir"].map((key) => only(["service", key], "native")),
  ...["umask", "user"].flatMap((key) => [only([key], "native"), only(["service", key], "native")]),
  ...["image", "network_mode", "privileged"].map((key) => only(["service", key], "container")),
  ...["volumes", "args"].map((key) => only([key], "container")),
  ...["restart", "secrets", "routing"].map((key) => only([key], "native", "container")),
  ...["stop", "log", "success_exit_codes", "ready_log_line"].flatMap((key) => [
    only([key], "native", "container"),
    only(["service", key], "native", "container"),
  ]),
];

const REQUIRED: Readonly<Record<ServiceType, { readonly path: Path; readonly fix: string }>> = {
  native: { path: ["service", "command"], fix: "add command: PROGRAM ARGUMENTS" },
  container: { path: ["service", "image"], fix: "add image: NAME:TAG" },
  external: { path: ["health"], fix: "add a health: block; watching is all that is done for an external service" },
};

function only(path: Path, ...types: ServiceType[]): { path: Path; types: ServiceType[] } {
  return { path, types };
}

/** Which keys go with `service.type`, and keys that stand in two places. */
export function checkTypeRules(spec: Raw, report: Report): void {
  for (const key of PROCESS_KEYS) {
    if (spec.has([key]) && spec.has(["service", key])) {
      report({ path: ["service", key], what: "stands at the top level too", fix: "keep the one at the top level" });
    }
  }
  const type = spec.text(["service", "type"]);
  if (type !== "native" && type !== "container" && type !== "external") return;
  const required = REQUIRED[type];
  if (!spec.has(required.path)) {
    report({ path: required.path, what: `is missing, ${type === "external" ? "an" : "a"} ${type} service needs it`, fix: required.fix });
  }
  for (const { path, types } of KEYS_OF_TYPES) {
    if (!spec.has(path) || types.includes(type)) continue;
    report({ path, what: `does not go with type ${type}, only with ${types.join(" and ")}`, fix: "remove it, or change service.type" });
  }
}
