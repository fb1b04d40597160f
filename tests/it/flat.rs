//! Any flat table: every type, every format, every way in which a file may be wrong.

use polars::prelude::*;
use recoup::base::dates::Day;
use recoup::base::files::fingerprint;
use recoup::data::features::NO_LEVEL;
use recoup::data::flat::{FlatAsk, FlatTable, FlatValues, read_flat};
use recoup::data::write::{Format, OutColumn, OutTable};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn parquet(&self, columns: Vec<Column>, group: usize) -> PathBuf {
        let path = self.0.path().join("table.parquet");
        let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        ParquetWriter::new(file).with_compression(ParquetCompression::Snappy).with_row_group_size(Some(group)).finish(&mut frame).unwrap();
        path
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| name.to_string()).collect()
}

fn shown(values: &FlatValues) -> Vec<String> {
    (0..values.len()).map(|row| values.text(row).unwrap_or("-".into())).collect()
}

fn column(table: &FlatTable, name: &str) -> String {
    let values = table.get(name).unwrap_or_else(|| panic!("no column {name}"));
    let kind = match values {
        FlatValues::Number(_) => "number",
        FlatValues::Words { .. } => "words",
        FlatValues::Day(_) => "day",
        FlatValues::Integer(_) => "integer",
        FlatValues::Text(_) => "text",
    };
    format!("{kind} {}", shown(values).join(" "))
}

fn csv(text: &str, ask: &FlatAsk<'_>) -> FlatTable {
    read_flat(&Place::new().write("table.csv", text.as_bytes()), ask).unwrap_or_else(|e| panic!("{e}"))
}

/// What is said of a file that is refused.
fn refused(name: &str, bytes: &[u8], ask: &FlatAsk<'_>) -> String {
    read_flat(&Place::new().write(name, bytes), ask).map(|_| ()).unwrap_err().to_string()
}

fn said(table: &FlatTable) -> String {
    table.notes.iter().map(|problem| format!("{problem}\n")).collect()
}

/// A column of each type, five rows, the third of them null.
fn every_type() -> Vec<Column> {
    let whole = Series::new("i64".into(), [Some(1i64), Some(-2), None, Some(4), Some(9_007_199_254_740_993)]);
    let small = Series::new("small".into(), [Some(1i64), Some(0), None, Some(4), Some(100)]);
    let texts = Series::new("text".into(), [Some("b"), Some(""), None, Some("a text of more than twelve bytes"), Some("b")]);
    let dates = Series::new("date".into(), [Some(18_262i32), Some(-1), None, Some(0), Some(1)]).cast(&DataType::Date).unwrap();
    let day = 86_400_000_000i64;
    let micros = Series::new("micros".into(), [Some(18_262 * day + day - 1), Some(-1), None, Some(0), Some(day)]);
    let nanos: Vec<Option<i64>> = micros.i64().unwrap().iter().map(|t| t.map(|t| t * 1000)).collect();
    let as_unit = |s: &Series, unit| s.cast(&DataType::Datetime(unit, None)).unwrap();
    let decimals = Series::new("decimal".into(), [Some(1.5f64), Some(-0.05), None, Some(12_345.67), Some(0.0)]);
    let mut all = vec![
        whole.clone(),
        texts.clone(),
        dates,
        as_unit(&micros, TimeUnit::Microseconds),
        as_unit(&Series::new("nanos".into(), nanos), TimeUnit::Nanoseconds),
        decimals.cast(&DataType::Decimal(12, 2)).unwrap(),
        Series::new("f64".into(), [Some(0.1f64), Some(f64::NAN), None, Some(f64::INFINITY), Some(-0.5)]),
        Series::new("f32".into(), [Some(0.5f32), Some(-1.25), None, Some(4.0), Some(5.0)]),
        Series::new("bool".into(), [Some(true), Some(false), None, Some(true), Some(true)]),
        texts.cast(&DataType::from_categories(Categories::global())).unwrap().with_name("category".into()),
        texts.cast(&DataType::Binary).unwrap().with_name("bytes".into()),
        Series::new_null("null".into(), 5),
    ];
    for (name, of) in [
        ("i8", DataType::Int8),
        ("i16", DataType::Int16),
        ("i32", DataType::Int32),
        ("u8", DataType::UInt8),
        ("u16", DataType::UInt16),
        ("u32", DataType::UInt32),
        ("u64", DataType::UInt64),
    ] {
        all.push(small.cast(&of).unwrap().with_name(name.into()));
    }
    all.into_iter().map(IntoColumn::into_column).collect()
}

#[test]
fn every_parquet_type_becomes_what_it_is() {
    let place = Place::new();
    // In one group of rows, in groups that cut the nulls off, and in groups of one row.
    for group in [5, 2, 1] {
        let path = place.parquet(every_type(), group);
        let table = read_flat(&path, &FlatAsk::default()).unwrap();
        let (texts, days) = ("words b - - a text of more than twelve bytes b", "day 2020-01-01 1969-12-31 - 1970-01-01 1970-01-02");
        for (name, wanted) in [
            ("i64", "number 1 -2 - 4 9007199254740992"),
            ("f64", "number 0.1 - - inf -0.5"),
            ("f32", "number 0.5 -1.25 - 4 5"),
            ("bool", "number 1 0 - 1 1"),
            ("decimal", "number 1.5 -0.05 - 12345.67 0"),
            ("null", "number - - - - -"),
            ("text", texts),
            ("category", texts),
            ("bytes", texts),
            ("date", days),
            ("micros", days),
            ("nanos", days),
        ] {
            assert_eq!(column(&table, name), wanted, "{name} in groups of {group}");
        }
        for name in ["i8", "i16", "i32", "u8", "u16", "u32", "u64"] {
            assert_eq!(column(&table, name), "number 1 0 - 4 100", "{name} in groups of {group}");
        }
        assert_eq!((table.rows, &table.fingerprint, &table.path), (5, &fingerprint(&path).unwrap(), &path));
        let texts = names(&["i64", "u8", "f64", "bool", "decimal", "date", "text", "null"]);
        let categories = names(&["i16", "f32"]);
        let table = read_flat(&path, &FlatAsk { text: &texts, categories: &categories, only: Some(&categories), ..FlatAsk::default() }).unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["i64", "text", "date", "decimal", "f64", "f32", "bool", "null", "i16", "u8"]);
        for (name, wanted) in [
            ("i64", "integer 1 -2 - 4 9007199254740993"),
            ("u8", "integer 1 0 - 4 100"),
            ("f64", "text 0.1 - - inf -0.5"),
            ("bool", "text true false - true true"),
            ("decimal", "text 1.50 -0.05 - 12345.67 0.00"),
            ("date", "text 2020-01-01 1969-12-31 - 1970-01-01 1970-01-02"),
            ("text", "text b - - a text of more than twelve bytes b"),
            ("null", "text - - - - -"),
            ("i16", "words 1 0 - 4 100"),
            ("f32", "words 0.5 -1.25 - 4 5"),
        ] {
            assert_eq!(column(&table, name), wanted, "{name} in groups of {group}");
        }
    }
}

#[test]
fn identifiers_beyond_whole_numbers_of_64_bits_are_texts() {
    let ids = Series::new("id".into(), [Some(7u64), None, Some(u64::MAX), Some(8)]);
    let path = Place::new();
    let path = path.parquet(vec![ids.into_column()], 2);
    let table = read_flat(&path, &FlatAsk { text: &names(&["id"]), ..FlatAsk::default() }).unwrap();
    assert_eq!(column(&table, "id"), "text 7 - 18446744073709551615 8");
}

#[test]
fn csv_gzipped_csv_and_parquet_give_the_same() {
    let place = Place::new();
    let rows = 5000;
    let words: Vec<Box<str>> = ["zeta", "alpha", "a word of more than twelve bytes, with a comma"].map(Into::into).to_vec();
    let table = || {
        OutTable::default()
            .with("id", OutColumn::Integer((0..rows).map(|row| row * 7919 % 5003).collect()))
            .with("x", OutColumn::Number((0..rows).map(|row| if row % 11 == 0 { f64::NAN } else { (row as f64).sqrt() - 30.0 }).collect()))
            .with("whole", OutColumn::Integer((0..rows).map(|row| if row % 13 == 0 { i64::MIN } else { row % 5 - 2 }).collect()))
            .with(
                "word",
                OutColumn::Words {
                    codes: (0..rows as u32).map(|r| if r % 7 == 0 { NO_LEVEL } else { r % 3 }).collect(),
                    words: Arc::new(words.clone()),
                },
            )
            .with("day", OutColumn::Day((0..rows as i32).map(|row| if row % 17 == 0 { Day::NULL } else { Day(18_000 + row) }).collect()))
    };
    let (text, dates, nulls) = (names(&["id"]), names(&["day"]), names(&["-1"]));
    let ask = FlatAsk { text: &text, dates: &dates, null_words: &nulls, ..FlatAsk::default() };
    let read: Vec<Vec<(String, Vec<String>)>> = [Format::Csv, Format::CsvGz, Format::Parquet]
        .into_iter()
        .map(|format| {
            let path = place.0.path().join(format!("table.{}", format.extension()));
            table().write(&path, format).unwrap();
            let of = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let table = pool.install(|| read_flat(&path, &ask)).unwrap();
                assert_eq!((table.rows, table.notes.iter().count()), (rows as usize, 0));
                table.columns.iter().map(|column| (column.name.to_string(), shown(&column.values))).collect::<Vec<_>>()
            };
            assert_eq!(of(1), of(3));
            of(2)
        })
        .collect();
    assert_eq!(read[0], read[1]);
    assert_eq!(read[0], read[2]);
    let values: Vec<&str> = read[0].iter().map(|(_, values)| &*values[1]).collect();
    assert_eq!(values, ["2916", "-29", "-", "alpha", "2019-04-15"]);
}

#[test]
fn levels_are_sorted_whatever_the_order_of_rows() {
    for rows in ["b\na\nc\na\n", "a\nc\nb\na\n"] {
        let table = csv(&format!("w\n{rows}"), &FlatAsk::default());
        let Some(FlatValues::Words { codes, levels }) = table.get("w") else { panic!() };
        assert_eq!(levels.iter().map(|word| &**word).collect::<Vec<_>>(), ["a", "b", "c"]);
        let back: String = codes.iter().map(|code| format!("{}\n", levels[*code as usize])).collect();
        assert_eq!(back, rows);
    }
}

#[test]
fn a_csv_column_is_of_numbers_if_every_cell_is_one() {
    let text = "id,e,null,code,late,early\n007,1e5,,01,1,x\n008, -.5 ,NA,02,2,1\n009,inf,NaN,01,?,2\n010,NaN,-999.0,,3,NA\n";
    let (ids, codes, nulls) = (names(&["id"]), names(&["code"]), names(&["NA", "-999"]));
    let table = csv(text, &FlatAsk { text: &ids, categories: &codes, null_words: &nulls, ..FlatAsk::default() });
    for (name, wanted) in [
        ("id", "text 007 008 009 010"),
        ("e", "number 100000 -0.5 inf -"),
        ("null", "number - - - -"),
        ("code", "words 01 02 01 -"),
        ("late", "words 1 2 ? 3"),
        ("early", "words x 1 2 -"),
    ] {
        assert_eq!(column(&table, name), wanted, "{name}");
    }
    let said = said(&table);
    assert!(said.contains("warning[data.mixed_column]: the column is read as words: 3 of its 4 different values are numbers, 1 are not"), "{said}");
    assert!(said.contains("row 4, column late\n  value: \"?\"") && said.contains("row 2, column early\n  value: \"x\""), "{said}");
    // The first cell that is no number is the last of a file of several blocks.
    let rows: String = (0..5000).map(|row| format!("{row},{}\n", if row == 4999 { "none".into() } else { format!("0{row}") })).collect();
    let table = csv(&format!("x,y\n{rows}"), &FlatAsk::default());
    let Some(FlatValues::Words { levels, .. }) = table.get("y") else { panic!() };
    assert_eq!((levels.len(), table.get("y").unwrap().text(4998)), (5000, Some("04998".into())));
    let table = csv("x;y\n1,5;a\n-2;b\n", &FlatAsk { separator: b';', ..FlatAsk::default() });
    assert!(self::said(&table).contains("the numbers have decimal commas") && column(&table, "x") == "words 1,5 -2", "{}", self::said(&table));
}

#[test]
fn dates_are_read_as_they_are_said_to_be_written() {
    let dates = names(&["d"]);
    let table = csv("d,x\n2020-02-29,1\n,2\n2019-12-31 23:59:59,3\n", &FlatAsk { dates: &dates, ..FlatAsk::default() });
    assert_eq!(column(&table, "d"), "day 2020-02-29 - 2019-12-31");
    let ask = FlatAsk { dates: &dates, date_format: Some("%d/%m/%Y"), ..FlatAsk::default() };
    assert_eq!(column(&csv("d\n29/02/2020\n", &ask), "d"), "day 2020-02-29");
    let text = refused("t.csv", b"d\n29/02/2020\n30/02/2020\n2020-01-01\n", &ask);
    assert!(text.contains("row 3, column d\n  value: \"30/02/2020\"\n  rule:  a date as %d/%m/%Y") && text.contains("row 4"), "{text}");
    // The same in Parquet, as texts and as whole numbers.
    let place = Place::new();
    let path = place.parquet(vec![Column::new("d".into(), ["29/02/2020", "30/02/2020"])], 1);
    let text = read_flat(&path, &ask).unwrap_err().to_string();
    assert!(text.contains("not a date") && text.contains("row 2, column d"), "{text}");
    let path = place.parquet(vec![Column::new("d".into(), [20_200_229i64])], 1);
    assert!(read_flat(&path, &FlatAsk { dates: &dates, ..FlatAsk::default() }).unwrap_err().to_string().contains("date format %Y%m%d"));
    let ask = FlatAsk { date_format: Some("%Y%m%d"), ..ask };
    assert_eq!(column(&read_flat(&path, &ask).unwrap(), "d"), "day 2020-02-29");
}

#[test]
fn what_is_asked_for_is_held_against_what_is_there() {
    let text = b"amount,region,note\n1,a,x\n";
    let (only, dates, both) = (names(&["amuont"]), names(&["regionn"]), names(&["note"]));
    let said = refused("t.csv", text, &FlatAsk { only: Some(&only), dates: &dates, ..FlatAsk::default() });
    assert!(said.contains("there is no column amuont, which was asked for to read") && said.contains("did you mean `amount`?"), "{said}");
    assert!(said.contains("did you mean `region`?"), "{said}");
    assert!(refused("t.csv", text, &FlatAsk { text: &both, dates: &both, ..FlatAsk::default() }).contains("as text and as a date"));
    let ignore = names(&["note", "region", "outcome"]);
    let mut table = csv("amount,region,note\n1,a,x\n", &FlatAsk { ignore: &ignore, text: &both, ..FlatAsk::default() });
    assert_eq!(table.names().collect::<Vec<_>>(), ["amount", "note"]);
    assert!(self::said(&table).contains("note[data.missing_column]: there is no column outcome to ignore"));
    assert!(table.take("amount").is_some() && table.take("amount").is_none() && table.get("note").is_some());
    assert!(refused("t.csv", text, &FlatAsk { only: Some(&[]), ..FlatAsk::default() }).contains("no column is left to read"));
}

#[test]
fn a_broken_csv_file_is_refused_with_every_place() {
    let ask = FlatAsk::default();
    let text = refused("t.csv", b"a,b\n1,2\n\n\"3\n3\",4\n5\n6,\xff\n7,8,9\n", &ask);
    // Blank lines are rows of a spreadsheet, line breaks in quotes are not.
    for wanted in ["row 5\n", "the row has 1 cells, the header 2", "row 7\n", "3 cells", "data.not_utf8", "row 6, column b"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    for (bytes, wanted) in [
        (&b"a,b,a\n1,2,3\n"[..], "the header names `a` twice"),
        (b"a,b,\n1,2,\n", "column 3 has no name"),
        (b"", "the file is empty"),
        (b"a,b\n", "the table has no rows"),
        (b"a,\xff\n1,2\n", "the header is not UTF-8"),
        (b"\xff\xfea\0", "the file is UTF-16"),
        (b"a;b\n1;2\n", "give the separator \";\""),
        (b"\x1f\x8b\x08\0broken", "the file cannot be read further"),
    ] {
        let text = refused("t.csv", bytes, &ask);
        assert!(text.contains(wanted) && text.contains("t.csv"), "{wanted}: {text}");
    }
    // What is not asked for need not be sound.
    let only = names(&["b"]);
    let table = csv("a,b,a,\n1,2,3,\n", &FlatAsk { only: Some(&only), ..ask });
    assert_eq!(column(&table, "b"), "number 2");
    assert!(read_flat(Place::new().0.path(), &ask).unwrap_err().to_string().contains("it is a folder"));
    assert!(read_flat(&Place::new().0.path().join("none.csv"), &ask).unwrap_err().to_string().contains("No such file"));
}

#[test]
fn what_is_skipped_is_said() {
    let table = csv("\u{feff}a,b\r\n1,2\r\n\r\n3,4", &FlatAsk::default());
    let said = said(&table);
    assert_eq!((column(&table, "a"), column(&table, "b")), ("number 1 3".into(), "number 2 4".into()));
    for wanted in ["byte order mark", "1 blank lines", "the last row does not end with a line break", "row 4"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all("\u{feff}a,b\n1,2\n3,4".as_bytes()).unwrap();
    let table = read_flat(&Place::new().write("t.csv.gz", &gz.finish().unwrap()), &FlatAsk::default()).unwrap();
    assert!(self::said(&table).contains("byte order mark") && self::said(&table).contains("row 3"), "{}", self::said(&table));
}

#[test]
fn a_broken_or_nested_parquet_file_is_refused() {
    let place = Place::new();
    let lists = Series::new("list".into(), [Series::new("".into(), [1i64, 2]), Series::new("".into(), [3i64])]);
    let bytes = Series::new("bytes".into(), [&b"\xff\xfe"[..], &b"a"[..]]);
    let path = place.parquet(vec![Column::new("x".into(), [1.0, 2.0]), lists.into_column(), bytes.into_column()], 2);
    let ignore = names(&["list"]);
    let text = read_flat(&path, &FlatAsk::default()).unwrap_err().to_string();
    assert!(text.contains("type list") && text.contains("column list") && text.contains("ignore"), "{text}");
    let text = read_flat(&path, &FlatAsk { ignore: &ignore, ..FlatAsk::default() }).unwrap_err().to_string();
    assert!(text.contains("bytes that are no text") && text.contains("column bytes"), "{text}");
    let only = names(&["x"]);
    assert_eq!(column(&read_flat(&path, &FlatAsk { only: Some(&only), ..FlatAsk::default() }).unwrap(), "x"), "number 1 2");
    let whole = std::fs::read(&path).unwrap();
    assert!(refused("t.parquet", &whole[..whole.len() / 2], &FlatAsk::default()).contains("it was cut off"));
    assert!(refused("t.parquet", b"a,b\n1,2\n3,4\n5,6\n", &FlatAsk::default()).contains("no Parquet file"));
    let none = place.parquet(vec![Column::new("x".into(), Vec::<f64>::new())], 2);
    assert!(read_flat(&none, &FlatAsk::default()).unwrap_err().to_string().contains("the table has no rows"));
}

#[test]
fn a_wide_table_is_read_in_bundles_of_columns() {
    let place = Place::new();
    let columns = (0..300i64).map(|k| Column::new(format!("c{k}").into(), [k, k + 1, k + 2])).collect();
    let table = read_flat(&place.parquet(columns, 2), &FlatAsk::default()).unwrap();
    assert_eq!(table.columns.len(), 300);
    for (k, read) in table.columns.iter().enumerate() {
        assert_eq!((&*read.name, shown(&read.values)), (&*format!("c{k}"), vec![k.to_string(), (k + 1).to_string(), (k + 2).to_string()]));
    }
}

#[test]
fn columns_become_words_and_are_written_again() {
    let ids = names(&["id"]);
    let mut table = csv("id,x\n007,1\n,2\n010,\n007,3\n", &FlatAsk { text: &ids, ..FlatAsk::default() });
    let (codes, levels) = table.get("id").unwrap().clone().into_words();
    assert_eq!((codes, levels), (vec![0, NO_LEVEL, 1, 0], vec!["007".into(), "010".into()]));
    assert_eq!(table.get("x").unwrap().clone().into_words().0, [0, 1, NO_LEVEL, 2]);
    let place = Place::new();
    let path = place.0.path().join("out.csv");
    let out = OutTable::default().with("id", table.take("id").unwrap().into()).with("x", table.take("x").unwrap().into());
    out.write(&path, Format::Csv).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "id,x\n007,1\n,2\n010,\n007,3\n");
}
