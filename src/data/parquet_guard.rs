//! What a damaged Parquet file must not reach polars with: sizes that it would believe and ask memory for, which aborts the process.
//!
//! Reads the footer and the page headers by itself (both are Thrift's compact protocol) and holds them against each other and against the
//! file's length. Deliberately absent: values. A page whose bytes changed is found by its checksum, where its writer left one.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

const MAGIC: &[u8] = b"PAR1";
/// Nesting beyond this is damage: structures of the format are seven deep, and polars reads schemas by recursion.
const DEPTH: usize = 32;
/// A fixed-length value is a decimal, a UUID or a short identifier; a longer one asks for its length times the rows.
const LONGEST_FIXED: i64 = 64;
const FIXED_LENGTH: i64 = 7;
const REPEATED: i64 = 2;
/// Bytes read for a page header at first; statistics may make it longer.
const HEADER: u64 = 512;

// What the fields 1, 2, … of each structure hold: i integer, t truth, b bytes, s structure, I B S lists of those.
const FILE: &str = "iSiSSbS";
const ELEMENT: &str = "iiibiiiiis";
const GROUP: &str = "SiiSiii";
const CHUNK: &str = "bisiiii";
const COLUMN: &str = "iIBiiiiSiiisSii";
const STATISTICS: &str = "bbiibbtt";
const KEY_VALUE: &str = "bb";
const PAGE: &str = "iiiissss";
const DATA_PAGE: &str = "iiiis";
const DICTIONARY: &str = "iit";
const DATA_PAGE_V2: &str = "iiiiiits";

/// A value of Thrift's compact protocol.
enum Value {
    Truth,
    Integer(i64),
    Bytes(Vec<u8>),
    List(char, Vec<Value>),
    Structure(Vec<(i16, Value)>),
    Other,
}

impl Value {
    fn tag(&self) -> char {
        match self {
            Value::Truth => 't',
            Value::Integer(_) => 'i',
            Value::Bytes(_) => 'b',
            Value::List(of, _) => of.to_ascii_uppercase(),
            Value::Structure(_) => 's',
            Value::Other => 'o',
        }
    }

    /// Whether the fields that a structure's shape names hold what it says.
    fn has_shape(&self, shape: &str) -> bool {
        let Value::Structure(fields) = self else { return false };
        fields.iter().all(|(id, value)| {
            let wanted = usize::try_from(*id).ok().and_then(|id| shape.chars().nth(id.checked_sub(1)?));
            // A list of nothing says nothing of what it would hold.
            wanted.is_none_or(|wanted| wanted == value.tag() || matches!(value, Value::List(_, list) if list.is_empty() && wanted.is_uppercase()))
        })
    }

    fn field(&self, id: i16) -> Option<&Value> {
        let Value::Structure(fields) = self else { return None };
        fields.iter().rev().find(|(field, _)| *field == id).map(|(_, value)| value)
    }

    fn integer(&self, id: i16) -> Option<i64> {
        if let Some(Value::Integer(n)) = self.field(id) { Some(*n) } else { None }
    }

    fn list(&self, id: i16) -> &[Value] {
        if let Some(Value::List(_, list)) = self.field(id) { list } else { &[] }
    }
}

/// Reads values; `None` where the bytes end or make no sense.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let n = self.varint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn skip(&mut self, bytes: u64) -> Option<&[u8]> {
        let end = self.at.checked_add(usize::try_from(bytes).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn structure(&mut self, depth: usize) -> Option<Value> {
        let (mut fields, mut id) = (Vec::new(), 0i16);
        loop {
            let head = self.byte()?;
            if head & 0x0f == 0 {
                return Some(Value::Structure(fields));
            }
            id = if head >> 4 == 0 { i16::try_from(self.zigzag()?).ok()? } else { id.checked_add(i16::from(head >> 4))? };
            // In a field the truth is in its type; in a list it has a byte.
            let value = if matches!(head & 0x0f, 1 | 2) { Value::Truth } else { self.value(head & 0x0f, depth)? };
            fields.push((id, value));
        }
    }

    fn value(&mut self, of: u8, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        Some(match of {
            1 | 2 => self.byte().map(|_| Value::Truth)?,
            3 => Value::Integer(i64::from(self.byte()? as i8)),
            4..=6 => Value::Integer(self.zigzag()?),
            7 => self.skip(8).map(|_| Value::Other)?,
            8 => {
                let length = self.varint()?;
                Value::Bytes(self.skip(length)?.to_vec())
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                let mut list = Vec::new();
                for _ in 0..count {
                    // Every value takes a byte at least, so a count beyond the bytes ends here and not in a request for memory.
                    list.push(self.value(head & 0x0f, depth)?);
                }
                Value::List(list.first().map_or('o', Value::tag), list)
            }
            11 => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.value(kinds >> 4, depth)?;
                    self.value(kinds & 0x0f, depth)?;
                }
                Value::Other
            }
            12 => self.structure(depth)?,
            13 => self.skip(16).map(|_| Value::Other)?,
            _ => return None,
        })
    }
}

/// A column of the schema that holds values.
#[derive(Default)]
struct Leaf {
    /// The top-level column it belongs to.
    root: String,
    /// Whether it has exactly one value a row.
    flat: bool,
    /// Bytes of a fixed-length value; 0 for others.
    fixed: i64,
}

/// A column's part of a row group.
struct Chunk {
    start: u64,
    end: u64,
    values: i64,
    uncompressed: i64,
}

/// What a footer says that reading relies on.
pub struct Footer {
    leaves: Vec<Leaf>,
    groups: Vec<Vec<Chunk>>,
}

type Checked<T> = Result<T, String>;

fn need(ok: bool, what: impl FnOnce() -> String) -> Checked<()> {
    if ok { Ok(()) } else { Err(what()) }
}

fn unread(error: &std::io::Error) -> String {
    format!("it cannot be read: {error}")
}

fn bytes_at(file: &mut File, at: u64, length: u64) -> Checked<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at)).map_err(|e| unread(&e))?;
    file.take(length).read_to_end(&mut bytes).map_err(|e| unread(&e))?;
    need(bytes.len() as u64 == length, || format!("it ends within the {length} bytes at {at}")).map(|()| bytes)
}

impl Footer {
    /// Reads a file's footer and checks that its counts agree and that its byte ranges lie within the file.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(file: &mut File) -> Checked<Footer> {
        let length = file.metadata().map_err(|e| unread(&e))?.len();
        need(length >= 12, || format!("{length} bytes are no Parquet file"))?;
        let (head, tail) = (bytes_at(file, 0, 4)?, bytes_at(file, length - 8, 8)?);
        need(head == MAGIC && tail[4..] == *MAGIC, || "it does not begin and end with PAR1: it was cut off, or it is no Parquet file".into())?;
        let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        let data_end = (length - 8).checked_sub(footer).filter(|end| *end >= 4).ok_or("its footer is longer than the file")?;
        let bytes = bytes_at(file, data_end, footer)?;
        let root = Thrift { bytes: &bytes, at: 0 }.structure(DEPTH).filter(|root| root.has_shape(FILE)).ok_or("its footer is damaged")?;
        let shaped = |list: &[Value], shape| list.iter().all(|value| value.has_shape(shape));
        need(shaped(root.list(2), ELEMENT) && shaped(root.list(4), GROUP) && shaped(root.list(5), KEY_VALUE), || "its footer is damaged".into())?;
        let leaves = leaves(root.list(2)).ok_or("its schema is damaged")?;
        let rows = root.integer(3).unwrap_or(-1);
        need((0..=i64::from(u32::MAX)).contains(&rows), || format!("it says that it has {rows} rows"))?;
        let mut in_groups = 0i64;
        let mut groups = Vec::new();
        for group in root.list(4) {
            let rows = group.integer(3).filter(|n| *n >= 0).ok_or("a row group does not say how many rows it has")?;
            in_groups = in_groups.saturating_add(rows);
            let chunks = group.list(1);
            need(chunks.len() == leaves.len(), || format!("a row group has {} columns, the schema {}", chunks.len(), leaves.len()))?;
            let checked = chunks.iter().zip(&leaves).map(|(chunk, leaf)| chunk_of(chunk, leaf, rows, data_end));
            groups.push(checked.collect::<Checked<Vec<Chunk>>>()?);
        }
        need(rows == in_groups, || format!("it says that it has {rows} rows, its row groups have {in_groups}"))?;
        Ok(Footer { leaves, groups })
    }

    /// Checks the page headers of a top-level column: that its pages lie within its bytes, add up to its values and keep to its sizes; and
    /// the checksums of pages that have one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check_pages(&self, file: &mut File, column: &str) -> Checked<()> {
        for (place, leaf) in self.leaves.iter().enumerate().filter(|(_, leaf)| leaf.root == column) {
            need((0..=LONGEST_FIXED).contains(&leaf.fixed), || format!("its values are said to be {} bytes long each", leaf.fixed))?;
            for (group, chunks) in self.groups.iter().enumerate() {
                pages(file, &chunks[place]).map_err(|what| format!("row group {}: {what}", group + 1))?;
            }
        }
        Ok(())
    }
}

/// The columns of a schema, in order; `None` if the tree does not add up.
fn leaves(elements: &[Value]) -> Option<Vec<Leaf>> {
    let (root, rest) = elements.split_first()?;
    // Children still to come of each element on the way down, and whether a value of it may repeat.
    let mut open: Vec<(i64, bool)> = vec![(root.integer(5).unwrap_or(0), false)];
    let (mut leaves, mut column) = (Vec::new(), String::new());
    for element in rest {
        while open.last().is_some_and(|(left, _)| *left == 0) {
            open.pop();
        }
        let top = open.len() == 1;
        let (left, _) = open.last_mut()?;
        *left -= 1;
        if top {
            let Some(Value::Bytes(name)) = element.field(4) else { return None };
            column = String::from_utf8(name.clone()).ok()?;
        }
        let children = element.integer(5).unwrap_or(0);
        if children < 0 || open.len() > DEPTH {
            return None;
        }
        if children > 0 {
            open.push((children, true));
        } else {
            let fixed = if element.integer(1) == Some(FIXED_LENGTH) { element.integer(2).unwrap_or(-1) } else { 0 };
            leaves.push(Leaf { root: column.clone(), flat: top && element.integer(3) != Some(REPEATED), fixed });
        }
    }
    open.iter().all(|(left, _)| *left == 0).then_some(leaves)
}

fn chunk_of(chunk: &Value, leaf: &Leaf, rows: i64, data_end: u64) -> Checked<Chunk> {
    let column = &leaf.root;
    let meta = chunk.field(3).filter(|meta| chunk.has_shape(CHUNK) && meta.has_shape(COLUMN));
    let meta = meta.filter(|meta| meta.field(12).is_none_or(|s| s.has_shape(STATISTICS))).ok_or("its footer is damaged")?;
    let size = |id, what: &str| meta.integer(id).filter(|n| *n >= 0).ok_or(format!("column {column}: {what} is missing or negative"));
    let (values, uncompressed, compressed) = (size(5, "the number of values")?, size(6, "the uncompressed size")?, size(7, "the size")?);
    need(!leaf.flat || values == rows, || format!("column {column} has {values} values in a row group of {rows} rows"))?;
    // The dictionary, where there is one, stands before the pages that use it.
    let start = size(if meta.field(11).is_some() { 11 } else { 9 }, "the place")? as u64;
    let end = start.saturating_add(compressed as u64);
    // A group without rows has no bytes, and its place says nothing.
    need((start >= 4 || (values, compressed) == (0, 0)) && end <= data_end, || {
        format!("column {column} is said to lie at bytes {start} to {end} of {data_end}")
    })?;
    Ok(Chunk { start, end, values, uncompressed })
}

/// Walks the pages of a chunk, header by header.
fn pages(file: &mut File, chunk: &Chunk) -> Checked<()> {
    let (mut at, mut seen) = (chunk.start, 0i64);
    while at < chunk.end && (seen < chunk.values || chunk.values == 0) {
        let (header, length) = page_header(file, at, chunk.end)?;
        at += length;
        let size = |id| header.integer(id).filter(|n| *n >= 0).ok_or(format!("the page before byte {at} has no size"));
        let (uncompressed, compressed) = (size(2)?, size(3)? as u64);
        need(uncompressed <= chunk.uncompressed && compressed <= chunk.end - at, || {
            format!("the page at byte {at} is said to have {compressed} bytes, {uncompressed} uncompressed: more than its column")
        })?;
        let of = |id, shape| header.field(id).filter(|h| h.has_shape(shape)).and_then(|h| h.integer(1)).filter(|n| *n >= 0);
        let values = match header.integer(1) {
            Some(0) => of(5, DATA_PAGE),
            Some(3) => of(8, DATA_PAGE_V2),
            // Each word of a dictionary takes a byte at least.
            Some(2) => of(7, DICTIONARY).filter(|n| *n <= uncompressed).map(|_| 0),
            _ => None,
        };
        seen = seen.saturating_add(values.ok_or(format!("the page at byte {at} has a damaged header"))?);
        if let Some(checksum) = header.integer(4) {
            let mut found = flate2::Crc::new();
            found.update(&bytes_at(file, at, compressed)?);
            need(found.sum() == checksum as u32, || format!("the page at byte {at} does not have its checksum"))?;
        }
        at += compressed;
    }
    need(seen == chunk.values, || format!("its pages have {seen} values instead of {}", chunk.values))
}

/// A page's header and its length.
fn page_header(file: &mut File, at: u64, end: u64) -> Checked<(Value, u64)> {
    let mut window = HEADER;
    loop {
        let bytes = bytes_at(file, at, window.min(end - at))?;
        let mut thrift = Thrift { bytes: &bytes, at: 0 };
        match thrift.structure(DEPTH) {
            Some(header) if header.has_shape(PAGE) => return Ok((header, thrift.at as u64)),
            None if window < end - at => window *= 8,
            _ => return Err(format!("the page at byte {at} has a damaged header")),
        }
    }
}
