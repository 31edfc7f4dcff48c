/**
 * What the S3 server and this disk give a Node program that keeps no state: files read, hashed, and put in eight requests
 * (small ones) or one each; or the same back, `durable`: each file brought to the disk. argv: up|down|durable FOLDER BUCKET
 * ENDPOINT. Keys from the environment.
 */
import { createHash } from "node:crypto";
import { close, fsync, mkdirSync, open, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [, , direction, folder, Bucket, endpoint] = process.argv;
const PACKS = 8;
const SMALL = 1 << 20;
const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
const put = (Key, Body) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
const get = async (Key) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await Body.transformToByteArray());
};

function packsOf(paths) {
  const size = Math.ceil(paths.length / PACKS);
  return Array.from({ length: PACKS }, (_, index) => paths.slice(index * size, (index + 1) * size)).filter((pack) => pack.length > 0);
}

async function up() {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
  const isSmall = statSync(join(folder, paths[0])).size < SMALL;
  const groups = isSmall ? packsOf(paths) : paths.map((path) => [path]);
  const index = await Promise.all(
    groups.map(async (group, place) => {
      const files = group.map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
      const hashes = files.map(({ bytes }) => createHash("sha256").update(bytes).digest("hex"));
      await put(`object-${place}`, files.length === 1 ? files[0].bytes : Buffer.concat(files.map(({ bytes }) => bytes)));
      return files.map(({ path, bytes }, at) => ({ path, size: bytes.length, hash: hashes[at] }));
    }),
  );
  await put("index.json", JSON.stringify(index));
}

async function down() {
  const index = JSON.parse((await get("index.json")).toString());
  for (const path of new Set(index.flat().map((file) => dirname(file.path)))) mkdirSync(join(folder, path), { recursive: true });
  await Promise.all(
    index.map(async (group, place) => {
      const bytes = await get(`object-${place}`);
      const written = [];
      let at = 0;
      for (const { path, size, hash } of group) {
        const own = bytes.subarray(at, at + size);
        if (createHash("sha256").update(own).digest("hex") !== hash) throw new Error(`${path} came back damaged`);
        writeFileSync(join(folder, path), own);
        written.push(join(folder, path));
        at += size;
      }
      if (direction === "durable") await Promise.all(written.map(bringToDisk));
    }),
  );
}

async function bringToDisk(path) {
  const file = await promisify(open)(path, "r");
  await promisify(fsync)(file);
  await promisify(close)(file);
}

await (direction === "up" ? up() : down());
client.destroy();
