/** Hands bytes or text to the user as a file, and turns an SVG into a PNG on the way. */

const LIFETIME = 10_000;

export function download(fileName: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = fileName;
  anchor.click();
  // The download reads the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), LIFETIME);
}

/** Draws an SVG at twice its size. */
export async function svgToPng(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * 2;
    canvas.height = image.naturalHeight * 2;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new Error("The browser could not make a PNG of this picture.");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A name for a file from the words of a prompt. */
export function fileNameFrom(words: string, ending: string): string {
  const slug = words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/gu, "")
    .slice(0, 48);
  return `${slug || "palimpsest"}.${ending}`;
}
