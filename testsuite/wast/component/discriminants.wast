;; Discriminants: a byte up to 256 cases, two bytes from 257 on. One that is no case's is a trap, in registers and in
;; memory; what lies in the bytes beside it is nobody's.

(component definition $Cases
  (type $one' (enum "only"))
  (export $one "one-t" (type $one'))
  (type $byte' (enum
    "b0" "b1" "b2" "b3" "b4" "b5" "b6" "b7" "b8" "b9" "b10" "b11" "b12" "b13" "b14" "b15" "b16" "b17" "b18" "b19"
    "b20" "b21" "b22" "b23" "b24" "b25" "b26" "b27" "b28" "b29" "b30" "b31" "b32" "b33" "b34" "b35" "b36" "b37"
    "b38" "b39" "b40" "b41" "b42" "b43" "b44" "b45" "b46" "b47" "b48" "b49" "b50" "b51" "b52" "b53" "b54" "b55"
    "b56" "b57" "b58" "b59" "b60" "b61" "b62" "b63" "b64" "b65" "b66" "b67" "b68" "b69" "b70" "b71" "b72" "b73"
    "b74" "b75" "b76" "b77" "b78" "b79" "b80" "b81" "b82" "b83" "b84" "b85" "b86" "b87" "b88" "b89" "b90" "b91"
    "b92" "b93" "b94" "b95" "b96" "b97" "b98" "b99" "b100" "b101" "b102" "b103" "b104" "b105" "b106" "b107" "b108"
    "b109" "b110" "b111" "b112" "b113" "b114" "b115" "b116" "b117" "b118" "b119" "b120" "b121" "b122" "b123" "b124"
    "b125" "b126" "b127" "b128" "b129" "b130" "b131" "b132" "b133" "b134" "b135" "b136" "b137" "b138" "b139" "b140"
    "b141" "b142" "b143" "b144" "b145" "b146" "b147" "b148" "b149" "b150" "b151" "b152" "b153" "b154" "b155" "b156"
    "b157" "b158" "b159" "b160" "b161" "b162" "b163" "b164" "b165" "b166" "b167" "b168" "b169" "b170" "b171" "b172"
    "b173" "b174" "b175" "b176" "b177" "b178" "b179" "b180" "b181" "b182" "b183" "b184" "b185" "b186" "b187" "b188"
    "b189" "b190" "b191" "b192" "b193" "b194" "b195" "b196" "b197" "b198" "b199" "b200" "b201" "b202" "b203" "b204"
    "b205" "b206" "b207" "b208" "b209" "b210" "b211" "b212" "b213" "b214" "b215" "b216" "b217" "b218" "b219" "b220"
    "b221" "b222" "b223" "b224" "b225" "b226" "b227" "b228" "b229" "b230" "b231" "b232" "b233" "b234" "b235" "b236"
    "b237" "b238" "b239" "b240" "b241" "b242" "b243" "b244" "b245" "b246" "b247" "b248" "b249" "b250" "b251" "b252"
    "b253" "b254"))
  (export $byte "byte-t" (type $byte'))
  (type $full' (enum
    "c0" "c1" "c2" "c3" "c4" "c5" "c6" "c7" "c8" "c9" "c10" "c11" "c12" "c13" "c14" "c15" "c16" "c17" "c18" "c19"
    "c20" "c21" "c22" "c23" "c24" "c25" "c26" "c27" "c28" "c29" "c30" "c31" "c32" "c33" "c34" "c35" "c36" "c37"
    "c38" "c39" "c40" "c41" "c42" "c43" "c44" "c45" "c46" "c47" "c48" "c49" "c50" "c51" "c52" "c53" "c54" "c55"
    "c56" "c57" "c58" "c59" "c60" "c61" "c62" "c63" "c64" "c65" "c66" "c67" "c68" "c69" "c70" "c71" "c72" "c73"
    "c74" "c75" "c76" "c77" "c78" "c79" "c80" "c81" "c82" "c83" "c84" "c85" "c86" "c87" "c88" "c89" "c90" "c91"
    "c92" "c93" "c94" "c95" "c96" "c97" "c98" "c99" "c100" "c101" "c102" "c103" "c104" "c105" "c106" "c107" "c108"
    "c109" "c110" "c111" "c112" "c113" "c114" "c115" "c116" "c117" "c118" "c119" "c120" "c121" "c122" "c123" "c124"
    "c125" "c126" "c127" "c128" "c129" "c130" "c131" "c132" "c133" "c134" "c135" "c136" "c137" "c138" "c139" "c140"
    "c141" "c142" "c143" "c144" "c145" "c146" "c147" "c148" "c149" "c150" "c151" "c152" "c153" "c154" "c155" "c156"
    "c157" "c158" "c159" "c160" "c161" "c162" "c163" "c164" "c165" "c166" "c167" "c168" "c169" "c170" "c171" "c172"
    "c173" "c174" "c175" "c176" "c177" "c178" "c179" "c180" "c181" "c182" "c183" "c184" "c185" "c186" "c187" "c188"
    "c189" "c190" "c191" "c192" "c193" "c194" "c195" "c196" "c197" "c198" "c199" "c200" "c201" "c202" "c203" "c204"
    "c205" "c206" "c207" "c208" "c209" "c210" "c211" "c212" "c213" "c214" "c215" "c216" "c217" "c218" "c219" "c220"
    "c221" "c222" "c223" "c224" "c225" "c226" "c227" "c228" "c229" "c230" "c231" "c232" "c233" "c234" "c235" "c236"
    "c237" "c238" "c239" "c240" "c241" "c242" "c243" "c244" "c245" "c246" "c247" "c248" "c249" "c250" "c251" "c252"
    "c253" "c254" "c255"))
  (export $full "full-t" (type $full'))
  (type $two' (enum
    "d0" "d1" "d2" "d3" "d4" "d5" "d6" "d7" "d8" "d9" "d10" "d11" "d12" "d13" "d14" "d15" "d16" "d17" "d18" "d19"
    "d20" "d21" "d22" "d23" "d24" "d25" "d26" "d27" "d28" "d29" "d30" "d31" "d32" "d33" "d34" "d35" "d36" "d37"
    "d38" "d39" "d40" "d41" "d42" "d43" "d44" "d45" "d46" "d47" "d48" "d49" "d50" "d51" "d52" "d53" "d54" "d55"
    "d56" "d57" "d58" "d59" "d60" "d61" "d62" "d63" "d64" "d65" "d66" "d67" "d68" "d69" "d70" "d71" "d72" "d73"
    "d74" "d75" "d76" "d77" "d78" "d79" "d80" "d81" "d82" "d83" "d84" "d85" "d86" "d87" "d88" "d89" "d90" "d91"
    "d92" "d93" "d94" "d95" "d96" "d97" "d98" "d99" "d100" "d101" "d102" "d103" "d104" "d105" "d106" "d107" "d108"
    "d109" "d110" "d111" "d112" "d113" "d114" "d115" "d116" "d117" "d118" "d119" "d120" "d121" "d122" "d123" "d124"
    "d125" "d126" "d127" "d128" "d129" "d130" "d131" "d132" "d133" "d134" "d135" "d136" "d137" "d138" "d139" "d140"
    "d141" "d142" "d143" "d144" "d145" "d146" "d147" "d148" "d149" "d150" "d151" "d152" "d153" "d154" "d155" "d156"
    "d157" "d158" "d159" "d160" "d161" "d162" "d163" "d164" "d165" "d166" "d167" "d168" "d169" "d170" "d171" "d172"
    "d173" "d174" "d175" "d176" "d177" "d178" "d179" "d180" "d181" "d182" "d183" "d184" "d185" "d186" "d187" "d188"
    "d189" "d190" "d191" "d192" "d193" "d194" "d195" "d196" "d197" "d198" "d199" "d200" "d201" "d202" "d203" "d204"
    "d205" "d206" "d207" "d208" "d209" "d210" "d211" "d212" "d213" "d214" "d215" "d216" "d217" "d218" "d219" "d220"
    "d221" "d222" "d223" "d224" "d225" "d226" "d227" "d228" "d229" "d230" "d231" "d232" "d233" "d234" "d235" "d236"
    "d237" "d238" "d239" "d240" "d241" "d242" "d243" "d244" "d245" "d246" "d247" "d248" "d249" "d250" "d251" "d252"
    "d253" "d254" "d255" "d256"))
  (export $two "two-t" (type $two'))
  (core module $M
    (memory (export "mem") 1)
    (func (export "pass") (param i32) (result i32) (local.get 0))
    ;; A list of one element, in four bytes that the parameter gives.
    (func (export "stored") (param i32) (result i32)
      (i32.store (i32.const 64) (local.get 0))
      (i32.store (i32.const 32) (i32.const 64))
      (i32.store (i32.const 36) (i32.const 1))
      (i32.const 32)))
  (core instance $m (instantiate $M))
  (func (export "one") (param "x" u32) (result $one) (canon lift (core func $m "pass")))
  (func (export "byte") (param "x" u32) (result $byte) (canon lift (core func $m "pass")))
  (func (export "full") (param "x" u32) (result $full) (canon lift (core func $m "pass")))
  (func (export "two") (param "x" u32) (result $two) (canon lift (core func $m "pass")))
  (func (export "of-one") (param "x" $one) (result u32) (canon lift (core func $m "pass")))
  (func (export "of-two") (param "x" $two) (result u32) (canon lift (core func $m "pass")))
  (func (export "ones") (param "x" u32) (result (list $one))
    (canon lift (core func $m "stored") (memory (core memory $m "mem"))))
  (func (export "bytes") (param "x" u32) (result (list $byte))
    (canon lift (core func $m "stored") (memory (core memory $m "mem"))))
  (func (export "fulls") (param "x" u32) (result (list $full))
    (canon lift (core func $m "stored") (memory (core memory $m "mem"))))
  (func (export "twos") (param "x" u32) (result (list $two))
    (canon lift (core func $m "stored") (memory (core memory $m "mem"))))
)
(component instance $cases $Cases)
(assert_return (invoke "one" (u32.const 0)) (enum.const "only"))
(assert_return (invoke "byte" (u32.const 254)) (enum.const "b254"))
(assert_return (invoke "full" (u32.const 255)) (enum.const "c255"))
(assert_return (invoke "two" (u32.const 255)) (enum.const "d255"))
(assert_return (invoke "two" (u32.const 256)) (enum.const "d256"))
(assert_return (invoke "of-one" (enum.const "only")) (u32.const 0))
(assert_return (invoke "of-two" (enum.const "d256")) (u32.const 256))
;; Only the lowest byte counts, or the two lowest.
(assert_return (invoke "ones" (u32.const 0xffff_ff00)) (list.const (enum.const "only")))
(assert_return (invoke "bytes" (u32.const 0xabcd_ef01)) (list.const (enum.const "b1")))
(assert_return (invoke "fulls" (u32.const 0xffff_ffff)) (list.const (enum.const "c255")))
(assert_return (invoke "twos" (u32.const 0xffff_0100)) (list.const (enum.const "d256")))
(component instance $trap1 $Cases)
(assert_trap (invoke "one" (u32.const 0x1)) "discriminant")
(component instance $trap2 $Cases)
(assert_trap (invoke "one" (u32.const 0x100)) "discriminant")
(component instance $trap3 $Cases)
(assert_trap (invoke "byte" (u32.const 0xff)) "discriminant")
(component instance $trap4 $Cases)
(assert_trap (invoke "byte" (u32.const 0x100)) "discriminant")
(component instance $trap5 $Cases)
(assert_trap (invoke "full" (u32.const 0x100)) "discriminant")
(component instance $trap6 $Cases)
(assert_trap (invoke "full" (u32.const 0xffffffff)) "discriminant")
(component instance $trap7 $Cases)
(assert_trap (invoke "two" (u32.const 0x101)) "discriminant")
(component instance $trap8 $Cases)
(assert_trap (invoke "two" (u32.const 0x10000)) "discriminant")
(component instance $trap9 $Cases)
(assert_trap (invoke "ones" (u32.const 0x1)) "discriminant")
(component instance $trap10 $Cases)
(assert_trap (invoke "bytes" (u32.const 0xff)) "discriminant")
(component instance $trap11 $Cases)
(assert_trap (invoke "twos" (u32.const 0x101)) "discriminant")
(component instance $trap12 $Cases)
(assert_trap (invoke "twos" (u32.const 0xffff)) "discriminant")
