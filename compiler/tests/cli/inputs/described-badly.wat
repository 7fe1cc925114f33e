(module
  (@custom "component-type:world" "not a component")
  (func (export "_start")))
