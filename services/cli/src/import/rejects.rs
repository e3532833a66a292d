//! The file of rejected rows: which row, which column, which rule. What stands in the row is never written, so the file may be
//! handed around.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use super::{error::ImportError, fault::Fault, file::File};

/// Where rejected rows are written.
#[derive(Debug, Clone)]
pub enum RejectsSink {
    /// Nowhere: they are only counted.
    Discard,
    /// Into this CSV file, which is made, or made anew.
    File(PathBuf),
}

/// Writes rejected rows, up to a limit.
pub struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<Box<dyn Write + Send>>>,
    left: u64,
}

impl Rejects {
    /// Makes the file. At most `rejects_max` rows are written to it.
    pub fn open(sink: RejectsSink, rejects_max: u64) -> Result<Self, ImportError> {
        let path = match sink {
            RejectsSink::Discard => return Ok(Self { path: PathBuf::new(), writer: None, left: rejects_max }),
            RejectsSink::File(path) => path,
        };
        let file = fs::File::create(&path).map_err(|reason| ImportError::Rejects { path: path.clone(), reason })?;
        let mut rejects = Self { path, writer: Some(csv::Writer::from_writer(Box::new(file))), left: rejects_max };
        rejects.write(&["file", "line", "column", "code", "reason"])?;
        Ok(rejects)
    }

    /// Writes a row, and says whether there was still room for it.
    pub fn add(&mut self, file: File, line: u64, fault: &Fault) -> Result<bool, ImportError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let column = fault.column.as_deref().unwrap_or_default();
        self.write(&[file.name(), &line.to_string(), column, &fault.code, &fault.reason])?;
        Ok(true)
    }

    /// Makes sure that everything is in the file.
    pub fn finish(mut self) -> Result<(), ImportError> {
        let flushed = self.writer.as_mut().map_or(Ok(()), csv::Writer::flush);
        flushed.map_err(|reason| ImportError::Rejects { path: self.path, reason })
    }

    fn write(&mut self, cells: &[&str; 5]) -> Result<(), ImportError> {
        let written = self.writer.as_mut().map_or(Ok(()), |writer| writer.write_record(cells));
        written.map_err(|error| ImportError::Rejects { path: self.path.clone(), reason: io::Error::from(error) })
    }
}
