//! That every function of WASI 0.2.12 is implemented and tested.

use nanocc_testsuite::wasi::table::Table;

#[test]
fn every_function_of_wasi_is_implemented_and_tested() -> nanocc_testsuite::Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let table = Table::measure(folder.path())?;
    assert!(table.is_complete(), "\n{table}");
    Ok(())
}
