//! Values: those of core functions as bits, those of components as trees.

pub mod component;
pub mod core;
