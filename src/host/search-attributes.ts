/** All of type Keyword. Stored in every Temporal namespace Aura has worked in: never rename one. */
export const SEARCH_ATTRIBUTES = ["AuraEpochId", "AuraPhase", "AuraRole", "AuraStatus", "AuraDomain", "AuraHost", "AuraKind"] as const;
export type SearchAttribute = (typeof SEARCH_ATTRIBUTES)[number];
