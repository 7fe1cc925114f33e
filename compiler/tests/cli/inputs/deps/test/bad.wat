(component
  (core modul))
