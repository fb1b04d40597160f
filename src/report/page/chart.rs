//! Charts as SVG: axes, lines, points with intervals, bars. Coordinates only; no text is measured, so no font matters.

use std::fmt::Write;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 36.0;

/// Colours of contenders, told apart in grey and by the colour-blind too (Okabe and Ito).
pub(super) const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#999999", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];
const DASHES: [&str; 8] = ["", "6 3", "2 2", "8 3 2 3", "4 4", "1 3", "10 4", "3 1"];

/// A chart with linear axes.
pub(super) struct Chart {
    x: [f64; 2],
    y: [f64; 2],
    body: String,
}

/// Escapes text for SVG.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Chart {
    /// With these ranges; a range without width is widened.
    pub(super) fn new(x: [f64; 2], y: [f64; 2]) -> Chart {
        let wide = |[low, high]: [f64; 2]| if high - low > 1e-12 { [low, high] } else { [low - 0.5, high + 0.5] };
        Chart { x: wide(x), y: wide(y), body: String::new() }
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let part = |v: f64, [low, high]: [f64; 2]| ((v - low) / (high - low)).clamp(0.0, 1.0);
        (LEFT + part(x, self.x) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - part(y, self.y) * (HEIGHT - TOP - BOTTOM))
    }

    /// A line through points, in the look of the contender of that place.
    pub(super) fn line(&mut self, points: &[[f64; 2]], place: usize) {
        let at: Vec<String> = points.iter().map(|[x, y]| self.at(*x, *y)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let (colour, dash) = (COLOURS[place % COLOURS.len()], DASHES[place % DASHES.len()]);
        let _ = write!(
            self.body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-dasharray=\"{dash}\"/>",
            at.join(" ")
        );
    }

    /// A thin grey line between two points, such as a diagonal.
    pub(super) fn guide(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let ((x1, y1), (x2, y2)) = (self.at(x1, y1), self.at(x2, y2));
        let _ = write!(self.body, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"guide\"/>");
    }

    /// A point with its interval, if it has one.
    pub(super) fn point(&mut self, x: f64, y: f64, interval: Option<[f64; 2]>, place: usize) {
        let colour = COLOURS[place % COLOURS.len()];
        if let Some([low, high]) = interval {
            let ((px, y1), (_, y2)) = (self.at(x, low), self.at(x, high));
            let _ = write!(self.body, "<line x1=\"{px:.1}\" y1=\"{y1:.1}\" x2=\"{px:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-width=\"1.4\"/>");
        }
        let (px, py) = self.at(x, y);
        let _ = write!(self.body, "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }

    /// A bar between two heights.
    pub(super) fn bar(&mut self, [from, until]: [f64; 2], [low, high]: [f64; 2], colour: &str) {
        let ((x1, y1), (x2, y2)) = (self.at(from, high), self.at(until, low));
        let _ = write!(
            self.body,
            "<rect x=\"{x1:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
            (x2 - x1 - 1.0).max(0.5),
            (y2 - y1).max(0.0)
        );
    }

    /// Text beside a point.
    pub(super) fn label(&mut self, x: f64, y: f64, text: &str) {
        let (px, py) = self.at(x, y);
        let _ = write!(self.body, "<text x=\"{:.1}\" y=\"{:.1}\" class=\"lab\">{}</text>", px + 5.0, py - 4.0, escaped(text));
    }

    /// The chart with its axes; `ticks` are places and texts.
    pub(super) fn finish(self, title: &str, names: [&str; 2], x_ticks: &[(f64, String)], y_ticks: &[(f64, String)]) -> String {
        let mut out = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", escaped(title));
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (place, text) in y_ticks {
            let (_, y) = self.at(self.x[0], *place);
            let _ = write!(out, "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" class=\"grid\"/>");
            let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\" text-anchor=\"end\">{}</text>", LEFT - 4.0, y + 3.0, escaped(text));
        }
        for (place, text) in x_ticks {
            let (x, _) = self.at(*place, self.y[0]);
            let _ = write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"tick\" text-anchor=\"middle\">{}</text>", bottom + 12.0, escaped(text));
        }
        let _ = write!(out, "<line x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" class=\"axis\"/>");
        out += &self.body;
        let middle = LEFT + (right - LEFT) / 2.0;
        let _ = write!(out, "<text x=\"{middle:.1}\" y=\"{:.1}\" class=\"name\" text-anchor=\"middle\">{}</text>", HEIGHT - 6.0, escaped(names[0]));
        let _ = write!(
            out,
            "<text x=\"11\" y=\"{0:.1}\" class=\"name\" text-anchor=\"middle\" transform=\"rotate(-90 11 {0:.1})\">{1}</text></svg>",
            TOP + (bottom - TOP) / 2.0,
            escaped(names[1])
        );
        out
    }
}

/// Six ticks of a share from 0 to 1.
pub(super) fn share_ticks(top: f64) -> Vec<(f64, String)> {
    let step = if top > 0.5 {
        0.2
    } else if top > 0.2 {
        0.1
    } else {
        0.05
    };
    (0..).map(|k| f64::from(k) * step).take_while(|x| *x <= top + 1e-9).map(|x| (x, format!("{:.0} %", 100.0 * x))).collect()
}

/// About five round ticks of a range.
pub(super) fn round_ticks([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    let raw = (high - low).max(1e-9) / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (low / step).ceil() as i64;
    (first..).map(|k| k as f64 * step).take_while(|x| *x <= high + 1e-9 * step).map(|x| (x + 0.0, format!("{x:.decimals$}"))).collect()
}

/// A grid of cells coloured from red (lowers) over white to blue (raises); `values` row by row.
pub(super) fn heat_map(rows: usize, columns: usize, values: &[f64], title: &str) -> String {
    const CELL: f64 = 16.0;
    let most = values.iter().fold(1e-9f64, |m, v| m.max(v.abs()));
    let (left, top) = (22.0, 18.0);
    let (width, height) = (left + columns as f64 * CELL + 4.0, top + rows as f64 * CELL + 4.0);
    let mut out = format!(
        "<svg class=\"heat\" style=\"max-width:{:.0}px\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        1.6 * width,
        escaped(title)
    );
    for row in 0..rows {
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\" text-anchor=\"end\">{}</text>",
            left - 3.0,
            top + (row as f64 + 0.7) * CELL,
            row + 1
        );
        for column in 0..columns {
            let value = values[row * columns + column] / most;
            let part = (255.0 * (1.0 - value.abs())).round() as u8;
            let colour = if value < 0.0 { format!("#ff{part:02x}{part:02x}") } else { format!("#{part:02x}{part:02x}ff") };
            let _ = write!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{colour}\" stroke=\"#ddd\" stroke-width=\"0.5\"/>",
                left + column as f64 * CELL,
                top + row as f64 * CELL
            );
        }
    }
    for column in 0..columns {
        let x = left + (column as f64 + 0.5) * CELL;
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"tick\" text-anchor=\"middle\">{}</text>", top - 5.0, column + 1);
    }
    out + "</svg>"
}
