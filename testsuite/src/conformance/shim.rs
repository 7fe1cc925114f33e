use nanocc::error::{Error, Result};
use nanocc::graph::{self, Limits, UnknownImports, script::Script};
use wasm_wave::value::{FuncType, Value};
pub struct Call;
pub struct ComponentDefinition;
#[derive(Clone, Copy)]
pub struct Root;
pub trait ComponentScript<'a> {
    fn component(&mut self, bytes: &'a [u8]) -> Result<ComponentDefinition>;
    fn instantiate_component(&mut self, _d: ComponentDefinition) -> Result<Root> {
        Err(Error::Unsupported {
            feature: "invoke".into(),
            place: Default::default(),
        })
    }
    fn steps(&mut self, _r: Root) -> Vec<u32> {
        vec![]
    }
    fn func_type(&mut self, _r: Root, _n: &str) -> Result<FuncType> {
        Err(Error::Unsupported {
            feature: "invoke".into(),
            place: Default::default(),
        })
    }
    fn call(&mut self, _r: Root, _n: &str, _a: &[Value]) -> Result<Call> {
        Err(Error::Unsupported {
            feature: "invoke".into(),
            place: Default::default(),
        })
    }
}
impl<'a> ComponentScript<'a> for Script<'a> {
    fn component(&mut self, bytes: &'a [u8]) -> Result<ComponentDefinition> {
        match graph::build_with(bytes, &Limits::default(), UnknownImports::Trap) {
            Ok(_) | Err(Error::NoEntry { .. }) => Ok(ComponentDefinition),
            Err(e) => Err(e),
        }
    }
}
impl Call {
    pub fn read(&self) -> Option<u32> {
        None
    }
    pub fn step(&self) -> u32 {
        0
    }
    pub fn result(&self, _m: &[u8]) -> Result<Option<Value>> {
        Ok(None)
    }
}
