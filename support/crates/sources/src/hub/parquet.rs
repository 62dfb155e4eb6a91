//! Parquet files as a polars frame: texts, whole numbers, decimals and truth values, with missing values.
//!
//! The crate `parquet` decodes (snappy, gzip, zstd). Columns that hold lists, records or bytes are left out; dates
//! come as the numbers that are stored. Format: <https://parquet.apache.org/docs/file-format/>.

use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use ground::{Error, Result, bail};

const BATCH: usize = 8192;

enum Values {
    Texts(Vec<Option<String>>),
    Truths(Vec<Option<bool>>),
    Small(Vec<Option<i32>>),
    Whole(Vec<Option<i64>>),
    Single(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
}

/// The rows of all files, one after the other.
///
/// # Errors
/// A file that is not parquet or is damaged (the message says which, and to remove it), files whose columns differ,
/// or none with a column that can be read.
pub(super) fn read(paths: &[PathBuf]) -> Result<DataFrame> {
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let damaged = |how: &str| {
            Error::new(format!(
                "{} is not a sound parquet file ({how}). Remove it and call again; where it is a link, the file that \
                 it leads to as well",
                path.display()
            ))
        };
        // The decoder checks what it reads; a slip in it must not end the notebook's process.
        let one = std::panic::catch_unwind(AssertUnwindSafe(|| file(path)));
        let (found, values) = match one {
            Ok(read) => read.map_err(|error| damaged(&error.to_string()))?,
            Err(_) => return Err(damaged("its pages cannot be decoded")),
        };
        if i == 0 {
            (names, columns) = (found, values);
            continue;
        }
        let same = names == found && columns.iter_mut().zip(values).all(|(all, more)| append(all, more));
        if !same {
            bail!("{} has the columns {}, the file before it {}", path.display(), found.join(", "), names.join(", "));
        }
    }
    if columns.is_empty() {
        bail!("there is no column of texts or numbers in the parquet files");
    }
    let column = |(name, values): (&String, Values)| {
        let name = name.as_str().into();
        Column::from(match values {
            Values::Texts(values) => Series::new(name, values),
            Values::Truths(values) => Series::new(name, values),
            Values::Small(values) => Series::new(name, values),
            Values::Whole(values) => Series::new(name, values),
            Values::Single(values) => Series::new(name, values),
            Values::Double(values) => Series::new(name, values),
        })
    };
    let columns: Vec<Column> = names.iter().zip(columns).map(column).collect();
    let rows = columns.first().map_or(0, Column::len);
    Ok(DataFrame::new(rows, columns)?)
}

fn append(all: &mut Values, more: Values) -> bool {
    match (all, more) {
        (Values::Texts(all), Values::Texts(more)) => all.extend(more),
        (Values::Truths(all), Values::Truths(more)) => all.extend(more),
        (Values::Small(all), Values::Small(more)) => all.extend(more),
        (Values::Whole(all), Values::Whole(more)) => all.extend(more),
        (Values::Single(all), Values::Single(more)) => all.extend(more),
        (Values::Double(all), Values::Double(more)) => all.extend(more),
        _ => return false,
    }
    true
}

/// The readable columns of one file: names and values.
fn file(path: &Path) -> std::result::Result<(Vec<String>, Vec<Values>), ParquetError> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let readable: Vec<usize> = (0..schema.num_columns()).filter(|&i| empty(&schema.column(i)).is_some()).collect();
    let mut columns: Vec<Values> = readable.iter().filter_map(|&i| empty(&schema.column(i))).collect();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let rows = group.metadata().num_rows() as usize;
        for (&i, values) in readable.iter().zip(&mut columns) {
            let before = length(values);
            fill(group.get_column_reader(i)?, schema.column(i).max_def_level(), values)?;
            if length(values) != before + rows {
                return Err(ParquetError::General(format!("column {i} has fewer rows than the file promises")));
            }
        }
    }
    let name = |&i: &usize| schema.column(i).name().to_owned();
    Ok((readable.iter().map(name).collect(), columns))
}

/// No values yet, of the column's type; `None` for a column that is left out.
fn empty(column: &ColumnDescriptor) -> Option<Values> {
    if column.path().parts().len() != 1 || column.max_rep_level() > 0 {
        return None;
    }
    let is_text =
        matches!(column.logical_type_ref(), Some(LogicalType::String | LogicalType::Enum | LogicalType::Json))
            || matches!(column.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON);
    match column.physical_type() {
        Type::BYTE_ARRAY if is_text => Some(Values::Texts(Vec::new())),
        Type::BOOLEAN => Some(Values::Truths(Vec::new())),
        Type::INT32 => Some(Values::Small(Vec::new())),
        Type::INT64 => Some(Values::Whole(Vec::new())),
        Type::FLOAT => Some(Values::Single(Vec::new())),
        Type::DOUBLE => Some(Values::Double(Vec::new())),
        _ => None,
    }
}

fn length(values: &Values) -> usize {
    match values {
        Values::Texts(values) => values.len(),
        Values::Truths(values) => values.len(),
        Values::Small(values) => values.len(),
        Values::Whole(values) => values.len(),
        Values::Single(values) => values.len(),
        Values::Double(values) => values.len(),
    }
}

fn fill(reader: ColumnReader, levels: i16, values: &mut Values) -> std::result::Result<(), ParquetError> {
    match (reader, values) {
        (ColumnReader::ByteArrayColumnReader(reader), Values::Texts(values)) => {
            let text = |bytes: ByteArray| Ok(bytes.as_utf8()?.to_owned());
            decode(reader, levels, values, &text)
        }
        (ColumnReader::BoolColumnReader(reader), Values::Truths(values)) => decode(reader, levels, values, &Ok),
        (ColumnReader::Int32ColumnReader(reader), Values::Small(values)) => decode(reader, levels, values, &Ok),
        (ColumnReader::Int64ColumnReader(reader), Values::Whole(values)) => decode(reader, levels, values, &Ok),
        (ColumnReader::FloatColumnReader(reader), Values::Single(values)) => decode(reader, levels, values, &Ok),
        (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => decode(reader, levels, values, &Ok),
        _ => Err(ParquetError::General("a column changes its type".to_owned())),
    }
}

type Convert<'a, S, V> = &'a dyn Fn(S) -> std::result::Result<V, ParquetError>;

fn decode<T: DataType, V>(
    mut reader: ColumnReaderImpl<T>,
    present: i16,
    values: &mut Vec<Option<V>>,
    convert: Convert<T::T, V>,
) -> std::result::Result<(), ParquetError> {
    loop {
        let (mut stored, mut levels) = (Vec::new(), Vec::new());
        let (rows, _, _) = reader.read_records(BATCH, Some(&mut levels), None, &mut stored)?;
        if rows == 0 {
            return Ok(());
        }
        let mut stored = stored.into_iter();
        for row in 0..rows {
            let is_there = present == 0 || levels.get(row) == Some(&present);
            let value = if is_there { stored.next().map(convert).transpose()? } else { None };
            values.push(value);
        }
    }
}
