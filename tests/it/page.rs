//! Pages in a real browser: nothing overflows, no script fails, every figure is that of the JSON.

use super::cli::text;
use super::real;
use recoup::report::page::shown;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The browser, or `None`, said loudly.
fn browser() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        assert!(std::env::var_os("RECOUP_NEEDS_BROWSER").is_none(), "no browser is installed, and RECOUP_NEEDS_BROWSER asks for one");
        eprintln!("\n*** NOT TESTED in a browser: install Chromium (Debian's package `chromium`) ***\n");
    }
    found
}

/// What a page looks like from inside: width, what sticks out, errors, figures, milliseconds until it was laid out.
const PROBE: &str = r#"<script>
addEventListener("load", () => {
  const wide = document.documentElement.clientWidth, out = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(".scroll") && !e.classList.contains("scroll")) continue;
    const r = e.getBoundingClientRect();
    if (r.width > 0 && (r.right > wide + 1 || r.left < -1)) out.push(e.tagName + " " + (e.className.baseVal ?? e.className) + " " + e.textContent.slice(0, 40));
  }
  const figures = [...document.querySelectorAll(".num")].map(e => [e.dataset.json, e.dataset.as, e.textContent]);
  const said = JSON.stringify({ wide, scroll: document.documentElement.scrollWidth, out, errors: window.errors, figures, took: performance.now() });
  const hex = [...new TextEncoder().encode(said)].map(b => b.toString(16).padStart(2, "0")).join("");
  parent.postMessage("PROBE" + hex + "EBORP", "*");
});
</script>"#;

fn probe(browser: &str, page: &Path, width: u32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    for outside in ["http://", "https://", "<script", "src=", "@import"] {
        assert!(!html.contains(outside), "{} is not self-contained: {outside}", page.display());
    }
    let errors = "<script>window.errors = []; addEventListener('error', e => window.errors.push(String(e.message)));</script>";
    let watched = html.replacen("<head>", &format!("<head>{errors}"), 1).replacen("</body>", &format!("{PROBE}</body>"), 1);
    std::fs::write(folder.path().join("page.html"), watched).unwrap();
    // A window is never narrower than 500 pixels; a frame is as narrow as it is told to be.
    let frame = format!(
        "<!doctype html><body><iframe src=\"page.html\" style=\"width:{width}px;height:900px;border:0\"></iframe><script>addEventListener('message', e => document.body.replaceChildren(e.data))</script></body>"
    );
    let copy = folder.path().join("frame.html");
    std::fs::write(&copy, frame).unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let size = "--window-size=1400,1000";
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
    let more = ["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=10000", "--dump-dom"];
    let url = format!("file://{}", copy.display());
    let done = Command::new(browser).args(flags).args(more).args([&profile, size, &url]).output().unwrap();
    let dom = text(&done.stdout);
    let hex = dom.split("PROBE").nth(1).and_then(|rest| rest.split("EBORP").next()).unwrap_or_else(|| panic!("no probe: {}", text(&done.stderr)));
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|k| u8::from_str_radix(&hex[2 * k..2 * k + 2], 16).unwrap()).collect();
    serde_json::from_slice(&bytes).unwrap()
}

/// Checks a page at both widths against the JSON that its figures come from; gives how many figures it has.
fn check(browser: &str, page: &Path, json: &Value) -> usize {
    assert!(std::fs::metadata(page).unwrap().len() < 2_000_000, "{} is too large", page.display());
    let mut figures = 0;
    for width in [1280, 420] {
        let seen = probe(browser, page, width);
        let of = |key: &str| seen[key].as_f64().unwrap();
        assert_eq!(of("wide"), f64::from(width));
        assert!(of("scroll") <= of("wide"), "{} at {width}: {} of {}", page.display(), of("scroll"), of("wide"));
        assert_eq!(seen["out"], serde_json::json!([]), "{} at {width}", page.display());
        assert_eq!(seen["errors"], serde_json::json!([]));
        for figure in seen["figures"].as_array().unwrap() {
            let [pointer, form, said] = [0, 1, 2].map(|k| figure[k].as_str().unwrap());
            let value = json.pointer(pointer);
            // A figure that the JSON lacks is a dash, and only where its place is null or beside an absent whole.
            assert!(said == "–" || value.is_some_and(Value::is_number), "{pointer}: {said}");
            assert_eq!(said, shown(value.and_then(Value::as_f64), form), "{pointer}");
        }
        figures = seen["figures"].as_array().unwrap().len();
    }
    figures
}

fn run(folder: &Path, args: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_recoup")).current_dir(folder).args(args).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

fn read(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The pages of `explain` in both languages: a case, the letter of it, everything of its borrower.
#[test]
fn the_pages_of_explanations_fit_and_say_what_the_json_says() {
    let Some(browser) = browser() else { return };
    let folder = super::replay::folder_with_run();
    let mut reader = csv::Reader::from_path(folder.path().join("run/ranked.csv")).unwrap();
    let first = reader.records().next().unwrap().unwrap();
    let (account, person) = (&first[1], &first[2]);
    for lang in ["en", "zh"] {
        let asks: [(&str, Vec<&str>); 3] =
            [("explanation", vec![account]), ("letter", vec![account, "--for", "borrower"]), ("person", vec!["--person", person])];
        for (name, ask) in asks {
            let page = format!("{name}.{lang}.html");
            let done =
                super::replay::recoup(folder.path(), &[&["explain", "--run", "run", "--json", "--lang", lang, "--page", &page][..], &ask].concat());
            assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
            let json: Value = serde_json::from_slice(&done.stdout).unwrap();
            let figures = check(browser, &folder.path().join(&page), &serde_json::json!({ name: json }));
            assert_eq!(figures > 30, name != "letter", "{name}: {figures}");
        }
    }
}

/// Trains where there is no model yet, evaluates in both languages and checks both pages.
fn model_pages(browser: &str, folder: &Path, project: &str, model: &str, more: &[&str]) -> usize {
    let mut figures = 0;
    for lang in ["en", "zh"] {
        let page = format!("{lang}.html");
        let args = ["evaluate", model, "--project", project, "--page", &page, "--lang", lang, "--out", "e.json"];
        run(folder, &[&args[..], more].concat());
        let json = serde_json::json!({ "evaluation": read(folder.join("e.json")), "model": read(folder.join(model)) });
        figures = check(browser, &folder.join(&page), &json);
    }
    figures
}

#[test]
fn the_pages_of_the_sample_fit_and_say_what_the_json_says() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |p: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(p).display().to_string();
    let (project, model, policy) = (path("data/sample/recoup.toml"), path("models/sample.json"), path("data/policies/current.toml"));
    run(folder.path(), &["score", "--project", &project, "--model", &model, "--policy", &policy, "--as-of", "2025-11-30", "--out", "run"]);
    let report = serde_json::json!({ "run": read(folder.path().join("run/report.json")) });
    for page in ["report.html", "report.zh.html"] {
        assert!(check(browser, &folder.path().join("run").join(page), &report) > 100);
    }
    assert!(model_pages(browser, folder.path(), &project, &model, &["--policy", &policy, "--runs", "run"]) > 1_000);
}

#[test]
fn the_pages_of_the_real_books_fit_and_say_what_the_json_says() {
    let Some(browser) = browser() else { return };
    for book in ["cc_credit_record", "superlender", "xente_credit"] {
        let Some(project) = real::project(book) else { return };
        let (folder, project) = (tempfile::tempdir().unwrap(), project.display().to_string());
        run(folder.path(), &["train", "--project", &project, "--out", "model.json"]);
        assert!(model_pages(browser, folder.path(), &project, "model.json", &[]) > 300, "{book}");
    }
}
