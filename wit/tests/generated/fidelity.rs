//! The model's canonical ABI against wit-parser's, which was written independently of it.

use crate::read;
use nanocc_wit::{Definition, Flat, Host, Type};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, SizeAlign};

/// The core value type of a 32-bit memory's ABI.
fn flat(ty: &WasmType) -> Flat {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => Flat::I32,
        WasmType::I64 | WasmType::PointerOrI64 => Flat::I64,
        WasmType::F32 => Flat::F32,
        WasmType::F64 => Flat::F64,
    }
}

/// Compares every function's core signature and every type's size and alignment; how many.
fn compare(resolve: &Resolve, host: &Host) -> (usize, usize) {
    let mut sizes = SizeAlign::default();
    sizes.fill(resolve);
    let (mut functions, mut types) = (0, 0);
    for interface in host.interfaces {
        let name = format!("{}/{}", interface.package, interface.name);
        let wit = &resolve.interfaces[read::find(resolve, &name)];
        assert_eq!(wit.functions.len(), interface.functions.len(), "{name}");
        for (function, wit) in interface.functions.iter().zip(wit.functions.values()) {
            let wanted = resolve.wasm_signature(AbiVariant::GuestImport, wit);
            let found = function.core_signature();
            assert_eq!(function.name, wit.name);
            assert_eq!(
                found.params,
                wanted.params.iter().map(flat).collect::<Vec<_>>(),
                "{}",
                wit.name
            );
            assert_eq!(
                found.result,
                wanted.results.first().map(flat),
                "{}",
                wit.name
            );
            assert_eq!(found.spilled_params, wanted.indirect_params, "{}", wit.name);
            assert_eq!(found.return_pointer, wanted.retptr, "{}", wit.name);
            for ((_, ty), param) in function.params.iter().zip(&wit.params) {
                compare_layout(&sizes, ty, &param.ty);
                types += 1;
            }
            if let (Some(ty), Some(wit)) = (&function.result, &wit.result) {
                compare_layout(&sizes, ty, wit);
                types += 1;
            }
            functions += 1;
        }
        for (export, (wit_name, id)) in interface.types.iter().zip(&wit.types) {
            assert_eq!(export.name, wit_name);
            if let Definition::Value(ty) = export.definition {
                compare_layout(&sizes, &ty, &wit_parser::Type::Id(*id));
                types += 1;
            }
        }
    }
    (functions, types)
}

fn compare_layout(sizes: &SizeAlign, ty: &Type, wit: &wit_parser::Type) {
    assert_eq!(ty.size() as usize, sizes.size(wit).size_wasm32(), "{ty:?}");
    assert_eq!(
        ty.align() as usize,
        sizes.align(wit).align_wasm32(),
        "{ty:?}"
    );
}

#[test]
fn served_functions_have_wit_parsers_signatures() {
    let resolve = read::parse(read::WASI);
    let compared = compare(&resolve, nanocc_wit::host());
    assert!(compared.0 > 60 && compared.1 > 100, "{compared:?}");
}

#[test]
fn every_shape_has_wit_parsers_layout() {
    let resolve = read::parse(read::SHAPES);
    let compared = compare(&resolve, &read::read(&resolve, read::SHAPES_SERVED));
    assert!(compared.0 > 30 && compared.1 > 80, "{compared:?}");
}
