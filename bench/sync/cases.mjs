/** Cases that the sync tools take part in. */
export const SYNC_CASES = ["sync-upload", "sync-download", "sync-unchanged", "sync-change"];
