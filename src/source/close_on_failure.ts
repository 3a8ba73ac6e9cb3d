import type { ByteStream } from "../bridge/byte_stream.ts";

/** Waits for the work that uses a stream, and closes the stream if it fails. */
export async function closeOnFailure<Result>(stream: ByteStream, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (thrown) {
    stream.close();
    throw thrown;
  }
}
