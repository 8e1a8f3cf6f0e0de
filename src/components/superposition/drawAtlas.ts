/** One picture of the atlas on its canvas: the cells, the names beside them, the cursor and the chosen pair. */
import type { AtlasView } from "./atlasView";

export type Margins = { left: number; top: number };
export type AtlasInk = {
  ink: string;
  soft: string;
  sheet: string;
  cursor: string;
  chosen: string;
  font: string;
};

export type AtlasScene = {
  cells: CanvasImageSource;
  view: AtlasView;
  margins: Margins;
  width: number;
  height: number;
  /** By place in the picture. */
  names: readonly string[];
  cursor: { row: number; column: number } | undefined;
  chosen: { row: number; column: number } | undefined;
  ink: AtlasInk;
};

/** Least distance of two names, in pixels. */
const NAME_LINE = 13;

export function drawAtlas(canvas: CanvasRenderingContext2D, scene: AtlasScene): void {
  const { cells, view, margins, width, height, names, ink } = scene;
  const n = names.length;
  const { left, top } = margins;
  canvas.clearRect(0, 0, width, height);
  canvas.save();
  canvas.beginPath();
  canvas.rect(left, top, width - left, height - top);
  canvas.clip();
  // Shrunk cells are averaged, enlarged ones keep their edges.
  canvas.imageSmoothingEnabled = view.scale < 1;
  canvas.imageSmoothingQuality = "high";
  canvas.drawImage(
    cells,
    left - view.x * view.scale,
    top - view.y * view.scale,
    n * view.scale,
    n * view.scale,
  );
  for (const [cell, stroke] of [
    [scene.chosen, ink.chosen],
    [scene.cursor, ink.cursor],
  ] as const) {
    if (cell !== undefined) frameCell(canvas, cell, stroke, scene);
  }
  canvas.restore();
  writeNames(canvas, scene);
}

function frameCell(
  canvas: CanvasRenderingContext2D,
  { row, column }: { row: number; column: number },
  stroke: string,
  { view, margins, names }: AtlasScene,
): void {
  const x = margins.left + (column - view.x) * view.scale;
  const y = margins.top + (row - view.y) * view.scale;
  canvas.strokeStyle = stroke;
  // Hair lines lead the eye from the names to the cell; they end where the cells do.
  const edge = {
    x: margins.left + (names.length - view.x) * view.scale,
    y: margins.top + (names.length - view.y) * view.scale,
  };
  canvas.globalAlpha = 0.45;
  canvas.lineWidth = 1;
  const [middleX, middleY] = [x + view.scale / 2, y + view.scale / 2];
  canvas.beginPath();
  canvas.moveTo(margins.left, middleY);
  canvas.lineTo(edge.x, middleY);
  canvas.moveTo(middleX, margins.top);
  canvas.lineTo(middleX, edge.y);
  canvas.stroke();
  canvas.globalAlpha = 1;
  canvas.lineWidth = 2;
  const side = Math.max(5, view.scale);
  canvas.strokeRect(middleX - side / 2, middleY - side / 2, side, side);
}

/** As many names as have room; those of the cursor's row and column in ink. */
function writeNames(canvas: CanvasRenderingContext2D, scene: AtlasScene): void {
  const { view, margins, width, height, names, cursor, chosen, ink } = scene;
  const cell = cursor ?? chosen;
  const every = Math.max(1, Math.ceil(NAME_LINE / view.scale));
  const place = (index: number, hidden: number): number => (index + 0.5 - hidden) * view.scale;
  canvas.font = ink.font;
  canvas.textBaseline = "middle";
  const isNear = (index: number, marked: number | undefined): boolean =>
    marked !== undefined && index !== marked && Math.abs(index - marked) * view.scale < NAME_LINE;
  const shown = (marked: number | undefined): number[] => {
    const all = names.flatMap((_, index) => (index % every === 0 && !isNear(index, marked) ? [index] : []));
    return marked === undefined || marked % every === 0 ? all : [...all, marked];
  };
  for (const index of shown(cell?.row)) {
    const y = margins.top + place(index, view.y);
    if (y < margins.top || y > height) continue;
    canvas.fillStyle = index === cell?.row ? ink.ink : ink.soft;
    canvas.textAlign = "right";
    canvas.fillText(shortened(canvas, names[index]!, margins.left - 8), margins.left - 6, y);
  }
  for (const index of shown(cell?.column)) {
    const x = margins.left + place(index, view.x);
    if (x < margins.left || x > width) continue;
    canvas.save();
    canvas.translate(x, margins.top - 6);
    canvas.rotate(-Math.PI / 2);
    canvas.fillStyle = index === cell?.column ? ink.ink : ink.soft;
    canvas.textAlign = "left";
    canvas.fillText(shortened(canvas, names[index]!, margins.top - 10), 0, 0);
    canvas.restore();
  }
}

function shortened(canvas: CanvasRenderingContext2D, name: string, room: number): string {
  if (canvas.measureText(name).width <= room) return name;
  let length = name.length;
  while (length > 1 && canvas.measureText(`${name.slice(0, length)}…`).width > room) length--;
  return `${name.slice(0, length)}…`;
}
