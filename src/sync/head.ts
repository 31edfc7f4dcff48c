import { checkFormat, count, device, matching, parseFields, reading, text, time, Wrong } from "./fields.js";
import { DEVICE_ID, parseHeadKey, parseManifestKey } from "./keys.js";
import { iso } from "./times.js";

/** What a device has told last: `devices/DEVICE_ID/head.json`. */
export interface Head {
  readonly format: 1;
  readonly root_id: string;
  readonly device_id: string;
  /** Key of the manifest. */
  readonly manifest: string;
  readonly seq: number;
  /** RFC 3339, by the clock of the device; for people. */
  readonly time: string;
  /** Of the device's state database: another one tells that two machines use the same device id. */
  readonly instance: string;
}

const FIX = "run aura-msg sync on that device, which writes it again";

export function encodeHead({ root_id, device_id, manifest, seq, time: at, instance }: Omit<Head, "format">): string {
  return `${JSON.stringify({ format: 1, root_id, device_id, manifest, seq, time: at, instance })}\n`;
}

/** Throws FormatError. Fields that it does not know are left out. */
export function parseHead(key: string, json: string, rootId: string): Head {
  return reading(
    () => key,
    FIX,
    () => {
      const fields = parseFields(json);
      checkFormat(key, fields);
      const head: Head = {
        format: 1,
        root_id: matching(fields, "root_id", DEVICE_ID),
        device_id: device(fields, "device_id"),
        manifest: text(fields, "manifest"),
        seq: count(fields, "seq"),
        time: iso(time(fields, "time")),
        instance: text(fields, "instance"),
      };
      if (head.root_id !== rootId) throw new Wrong(`it is of root ${head.root_id}, not of ${rootId}`);
      if (head.device_id !== parseHeadKey(key)) throw new Wrong(`it is of device ${head.device_id}`);
      const named = parseManifestKey(head.manifest);
      if (named === null) throw new Wrong("manifest names no manifest");
      if (named.device !== head.device_id || named.seq !== head.seq) throw new Wrong("manifest names another one than device_id and seq");
      return head;
    },
  );
}
