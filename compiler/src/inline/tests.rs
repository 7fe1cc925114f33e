//! Inlining of functions made by hand: whose memory is addressed, and whose location traps.

use super::*;
use crate::codegen::Compiled;
use crate::facts::Facts;
use crate::functions::{self, Want};
use crate::lower::builder::Builder;
use crate::lower::source::SourceMap;
use crate::lower::traps::trap_code;
use crate::plan::AddressPlan;
use crate::program::*;
use crate::target::Target;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature as ClifSignature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilderContext;
use indexmap::IndexMap;
use nanocc_shim_abi::Trap;

const BODY_LEN: u32 = 100;

/// A program of `count` functions without bodies worth reading, each with 100 locations.
fn program(count: u32) -> Program<'static> {
    let mut program = Program::empty(Entry::Command(Command {
        callee: FuncId::from_u32(0),
        post_return: None,
        component: ComponentId::from_u32(0),
    }));
    let component = program.components.push(Component {
        parent: None,
        name: String::new(),
        path: "/".to_owned(),
        offset: 0,
    });
    let sig = program.signatures.intern(Signature {
        params: vec![ValType::I32],
        results: vec![ValType::I32],
    });
    let module = program.modules.push(Module {
        bytes: &[],
        offset: 0,
        name: None,
        types: vec![sig],
        imports: Vec::new(),
        imported: Counts::default(),
        func_sigs: vec![sig; count as usize],
        bodies: (0..count)
            .map(|index| crate::program::Body {
                bytes: &[],
                range: index * BODY_LEN..(index + 1) * BODY_LEN,
            })
            .collect(),
        tables: Vec::new(),
        table_inits: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        global_inits: Vec::new(),
        exports: IndexMap::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        func_names: Default::default(),
        scan: Vec::new(),
    });
    let funcs: Vec<FuncId> = (0..count)
        .map(|index| {
            program.funcs.push(Func {
                sig,
                kind: FuncKind::Wasm {
                    instance: InstanceId::from_u32(0),
                    index,
                },
            })
        })
        .collect();
    program.instances.push(CoreInstance {
        module,
        component,
        funcs,
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
    });
    program
}

fn func_id(index: u32) -> FuncId {
    FuncId::from_u32(index)
}

/// Builds function `index`, `(i32) -> i32`; `body` gets its parameter and returns its result.
fn build(
    env: &Env<'_>,
    index: u32,
    body: impl FnOnce(&mut Builder<'_, '_>, ir::Value) -> ir::Value,
) -> (Name, Function) {
    let name = Name::Func(func_id(index));
    let func = build_as(env, CallConv::Fast, |b, param| {
        at(b, index, 1);
        let result = body(b, param);
        b.ins().return_(&[result]);
    });
    (name, func)
}

fn build_as(
    env: &Env<'_>,
    convention: CallConv,
    body: impl FnOnce(&mut Builder<'_, '_>, ir::Value),
) -> Function {
    let mut signature = ClifSignature::new(convention);
    signature.params.push(AbiParam::new(types::I32));
    signature.returns.push(AbiParam::new(types::I32));
    let mut func = Function::with_name_signature(ir::UserFuncName::user(0, 0), signature);
    let mut context = FunctionBuilderContext::new();
    let mut b = Builder::new(env, &mut func, &mut context);
    let param = b.enter()[0];
    body(&mut b, param);
    b.finish();
    func
}

/// Sets the location of what follows: `offset` bytes into function `index`.
fn at(b: &mut Builder<'_, '_>, index: u32, offset: u32) {
    let location = b.env.source.location(func_id(index), offset);
    b.set_srcloc(location);
}

/// The main function: calls each of `callees`, in order.
fn main(env: &Env<'_>, callees: &[u32]) -> (Name, Function) {
    let func = build_as(env, CallConv::SystemV, |b, mut value| {
        for &callee in callees {
            value = b.call_func(func_id(callee), &[value])[0];
        }
        b.ins().return_(&[value]);
    });
    (Name::Main, func)
}

/// Inlines and compiles the functions that `make` builds.
fn compile(
    count: u32,
    target: &Target,
    opt: OptLevel,
    make: impl Fn(&Env<'_>) -> Vec<(Name, Function)>,
) -> Vec<Compiled> {
    compile_program(&program(count), target, opt, make)
}

fn compile_program(
    program: &Program<'_>,
    target: &Target,
    opt: OptLevel,
    make: impl Fn(&Env<'_>) -> Vec<(Name, Function)>,
) -> Vec<Compiled> {
    let facts = Facts::default();
    let plan = AddressPlan::default();
    let source = SourceMap::new(program, program.funcs.keys()).unwrap();
    let isa = target.isa(opt).unwrap();
    let env = Env {
        program,
        facts: &facts,
        plan: &plan,
        source: &source,
        isa: isa.as_ref(),
    };
    let made: HashMap<Name, Function> = make(&env).into_iter().collect();
    let mut names: Vec<Name> = made.keys().copied().collect();
    names.sort();
    let want = Want {
        clif: false,
        code: true,
        assembly: true,
        places: false,
    };
    functions::compile(&env, names, made, target, opt, want, &())
        .unwrap()
        .compiled
}

fn targets() -> [Target; 2] {
    [Target::x86_64(), Target::aarch64()]
}

/// The traps of a compiled function: kind, function and offset.
fn traps(compiled: &Compiled, count: u32) -> Vec<(u8, u32, u32)> {
    let program = program(count);
    let source = SourceMap::new(&program, program.funcs.keys()).unwrap();
    let mut traps: Vec<_> = compiled
        .traps
        .iter()
        .map(|entry| {
            let location = SourceLoc::new(entry.location);
            let (func, offset) = source.find(location).expect("a function's location");
            (entry.kind, func.as_u32(), offset)
        })
        .collect();
    traps.sort();
    traps
}

#[test]
fn an_inlined_callee_addresses_its_own_memory() {
    let (a, b) = (MemoryId::from_u32(0), MemoryId::from_u32(1));
    let load = |b: &mut Builder<'_, '_>, memory: MemoryId, index: ir::Value| {
        let base = b.address_of(Name::MemoryBase(memory), true);
        let index = b.ins().uextend(types::I64, index);
        let pointer = b.ins().iadd(base, index);
        let flags =
            ir::MemFlagsData::new().with_trap_code(Some(trap_code(Trap::MemoryOutOfBounds)));
        b.ins().load(types::I32, flags, pointer, 0)
    };
    for target in targets() {
        let compiled = compile(2, &target, OptLevel::O2, |env| {
            vec![
                main(env, &[1]),
                build(env, 0, |builder, param| load(builder, a, param)),
                build(env, 1, |builder, param| {
                    let mine = load(builder, b, param);
                    let theirs = builder.call_func(func_id(0), &[param])[0];
                    builder.ins().isub(mine, theirs)
                }),
            ]
        });
        let [main] = &compiled[..] else {
            panic!("everything is inlined: {:?}", compiled.len())
        };
        let mut memories: Vec<Name> = main.relocations.iter().map(|r| r.target).collect();
        memories.dedup();
        assert_eq!(memories.len(), 2, "{target}: {memories:?}");
        for memory in [a, b] {
            assert!(memories.contains(&Name::MemoryBase(memory)), "{target}");
        }
        assert_eq!(
            traps(main, 2),
            [
                (Trap::MemoryOutOfBounds as u8, 0, 1),
                (Trap::MemoryOutOfBounds as u8, 1, 1)
            ],
            "{target}"
        );
    }
}

/// `leaf` has a loop, two traps in different blocks and an unreachable block; `middle` calls it twice
/// and traps itself; `outer` calls `middle` and traps.
#[test]
fn locations_survive_several_blocks_and_nested_inlining() {
    let make = |env: &Env<'_>| {
        let leaf = build(env, 0, |b, param| {
            let [header, odd, exit, dead] = [(); 4].map(|()| b.create_block());
            let counter = b.append_block_param(header, types::I32);
            b.ins().jump(header, &[param.into()]);
            b.switch_to_block(header);
            at(b, 0, 10);
            b.trap_unless(counter, Trap::Unreachable);
            let bit = b.ins().band_imm_s(counter, 1);
            b.ins().brif(bit, odd, &[], exit, &[]);
            b.switch_to_block(odd);
            at(b, 0, 20);
            let big = b
                .ins()
                .icmp_imm_s(ir::condcodes::IntCC::SignedGreaterThan, counter, 1000);
            b.trap_if(big, Trap::IntegerOverflow);
            let next = b.ins().iadd_imm_s(counter, 3);
            b.ins().jump(header, &[next.into()]);
            b.switch_to_block(dead);
            at(b, 0, 30);
            b.trap(Trap::InvalidChar);
            b.switch_to_block(exit);
            at(b, 0, 40);
            b.ins().udiv(counter, param)
        });
        let middle = build(env, 1, |b, param| {
            let first = b.call_func(func_id(0), &[param])[0];
            at(b, 1, 50);
            b.trap_unless(first, Trap::NullReference);
            at(b, 1, 60);
            b.call_func(func_id(0), &[first])[0]
        });
        let outer = build(env, 2, |b, param| {
            let result = b.call_func(func_id(1), &[param])[0];
            at(b, 2, 70);
            b.trap_if(result, Trap::HandleLent);
            result
        });
        // The order of the list doesn't matter.
        vec![outer, main(env, &[2]), leaf, middle]
    };
    for target in targets() {
        let compiled = compile(3, &target, OptLevel::O2, make);
        let [main] = &compiled[..] else {
            panic!("{target}: everything is inlined")
        };
        let mut expected = Vec::new();
        for _ in 0..2 {
            expected.extend([
                (Trap::Unreachable as u8, 0, 10),
                (Trap::IntegerOverflow as u8, 0, 20),
                (Trap::IntegerDivisionByZero as u8, 0, 40),
            ]);
        }
        expected.extend([
            (Trap::NullReference as u8, 1, 50),
            (Trap::HandleLent as u8, 2, 70),
        ]);
        expected.sort();
        let mut found = traps(main, 3);
        // Where code generation needs two instructions for one trap, both say the same.
        found.dedup();
        expected.dedup();
        assert_eq!(found, expected, "{target}");
    }
}

#[test]
fn locations_of_neighbouring_trampolines_survive() {
    let mut program = program(3);
    let resource = program.resources.push(Resource::Guest {
        component: ComponentId::from_u32(0),
        destructor: None,
        name: "r".to_owned(),
    });
    for func in program.funcs.values_mut() {
        func.kind = FuncKind::ResourceRep {
            component: ComponentId::from_u32(0),
            resource,
        };
    }
    let target = Target::x86_64();
    let found = compile_program(&program, &target, OptLevel::O2, |env| {
        let build = |index: u32, callee: Option<u32>| {
            let func = build_as(env, CallConv::Fast, |b, mut value| {
                at(b, index, 0);
                b.trap_unless(value, Trap::ALL[index as usize]);
                if let Some(callee) = callee {
                    value = b.call_func(func_id(callee), &[value])[0];
                }
                let value = b.ins().iadd_imm_s(value, 1);
                b.ins().return_(&[value]);
            });
            (Name::Func(func_id(index)), func)
        };
        vec![
            main(env, &[2]),
            build(0, None),
            build(1, Some(0)),
            build(2, Some(1)),
        ]
    });
    let source = SourceMap::new(&program, program.funcs.keys()).unwrap();
    let mut owners: Vec<(u8, u32)> = found[0]
        .traps
        .iter()
        .map(|entry| {
            let owner = source.find(SourceLoc::new(entry.location));
            (entry.kind, owner.unwrap().0.as_u32())
        })
        .collect();
    owners.sort();
    assert_eq!(owners, [(1, 0), (2, 1), (3, 2)]);
}

#[test]
fn recursion_stays_a_call_and_levels_decide() {
    let make = |env: &Env<'_>| {
        let call = |callee: u32| {
            move |b: &mut Builder<'_, '_>, param: ir::Value| {
                let less = b.ins().iadd_imm_s(param, -1);
                b.call_func(func_id(callee), &[less])[0]
            }
        };
        vec![
            main(env, &[0, 2]),
            build(env, 0, call(1)),
            build(env, 1, call(0)),
            build(env, 2, call(2)),
        ]
    };
    let target = Target::x86_64();
    let names = |opt| -> Vec<Name> {
        compile(3, &target, opt, make)
            .iter()
            .map(|f| f.name)
            .collect()
    };
    let func = |index| Name::Func(func_id(index));
    let all = [func(0), func(1), func(2), Name::Main];
    for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::Os] {
        assert_eq!(names(opt), all, "-O{opt}");
    }
}

#[test]
fn the_result_does_not_depend_on_the_threads() {
    let make = |env: &Env<'_>| {
        let mut functions = vec![main(env, &[38, 39])];
        for index in 0..40u32 {
            functions.push(build(env, index, |b, mut value| {
                for callee in index.saturating_sub(3)..index {
                    at(b, index, callee);
                    value = b.call_func(func_id(callee), &[value])[0];
                }
                b.trap_unless(value, Trap::Unreachable);
                b.ins().imul_imm_s(value, i64::from(index))
            }));
        }
        functions
    };
    let with_threads = |threads: usize| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| compile(40, &Target::x86_64(), OptLevel::O2, make))
    };
    let one = with_threads(1);
    assert!(one.len() > 2);
    for threads in [2, 5] {
        assert_eq!(with_threads(threads), one);
    }
}

#[test]
fn constants_fold_through_calls() {
    let compiled = compile(2, &Target::x86_64(), OptLevel::O2, |env| {
        let caller = build_as(env, CallConv::SystemV, |b, _| {
            let five = b.ins().iconst(types::I32, 5);
            let result = b.call_func(func_id(1), &[five])[0];
            b.ins().return_(&[result]);
        });
        vec![
            (Name::Main, caller),
            build(env, 0, |b, param| b.ins().iadd_imm_s(param, 42)),
            build(env, 1, |b, param| b.call_func(func_id(0), &[param])[0]),
        ]
    });
    let [main] = &compiled[..] else {
        panic!("everything is inlined")
    };
    let assembly = main.assembly.as_ref().unwrap();
    assert!(assembly.contains("0x2f"), "{assembly}");
    assert!(main.relocations.is_empty());
}

#[test]
fn a_chain_that_doubles_at_every_link_stays_small() {
    let make = |env: &Env<'_>| {
        let mut functions = vec![main(env, &[59])];
        for index in 0..60u32 {
            functions.push(build(env, index, |b, mut value| {
                for callee in [index.checked_sub(1); 2].into_iter().flatten() {
                    value = b.call_func(func_id(callee), &[value])[0];
                }
                value
            }));
        }
        functions
    };
    for opt in [OptLevel::O1, OptLevel::O2, OptLevel::Os] {
        let compiled = compile(60, &Target::x86_64(), opt, make);
        let code: usize = compiled.iter().map(|f| f.code.len()).sum();
        assert!(code < 100_000, "-O{opt}: {code} bytes");
    }
}
