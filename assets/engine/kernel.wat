;; Products of a matrix with vectors, four numbers at a time.
;;
;; A matrix lies row by row. Its rows are a multiple of four and its columns of eight, filled up with zeros, so that no
;; loop has a remainder; vectors lie one behind the other, likewise filled up. Sizes of rows and vectors are in bytes.
;; Of an "integer matrix" each number is a byte, to be multiplied by the scale of its row.
(module
  (memory (export "memory") 1)

  ;; The sums of four sums of four: lane i of the result adds up the lanes of the i-th.
  (func $sums (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
    (local.set $a (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $c))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $c))))
    (local.set $b (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $b) (local.get $d))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $b) (local.get $d))))
    (f32x4.add ;; of a a c c and b b d d the even lanes and the odd ones
      (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $a) (local.get $b))
      (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))

  ;; out[v][r] = matrix[r] . x[v]: of each four rows, which stay in the nearest cache, all vectors, two by two.
  (func (export "multiply")
    (param $matrix i32) (param $rows i32) (param $row_size i32)
    (param $x i32) (param $vectors i32) (param $out i32) (param $out_size i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local $x0 i32) (local $x1 i32) (local $end i32) (local $left i32) (local $to i32)
    (local $p v128) (local $q v128) (local $w v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local.set $w0 (local.get $matrix))
    (loop $rows_loop
      (local.set $x0 (local.get $x))
      (local.set $to (local.get $out))
      (local.set $left (local.get $vectors))
      (block $pairs_done
        (loop $pairs
          (br_if $pairs_done (i32.lt_s (local.get $left) (i32.const 2)))
          (local.set $w1 (i32.add (local.get $w0) (local.get $row_size)))
          (local.set $w2 (i32.add (local.get $w1) (local.get $row_size)))
          (local.set $w3 (i32.add (local.get $w2) (local.get $row_size)))
          (local.set $x1 (i32.add (local.get $x0) (local.get $row_size)))
          (local.set $end (local.get $x1))
          (local.set $a0 (v128.const f32x4 0 0 0 0)) (local.set $a1 (v128.const f32x4 0 0 0 0))
          (local.set $a2 (v128.const f32x4 0 0 0 0)) (local.set $a3 (v128.const f32x4 0 0 0 0))
          (local.set $b0 (v128.const f32x4 0 0 0 0)) (local.set $b1 (v128.const f32x4 0 0 0 0))
          (local.set $b2 (v128.const f32x4 0 0 0 0)) (local.set $b3 (v128.const f32x4 0 0 0 0))
          (loop $columns
            (local.set $p (v128.load (local.get $x0)))
            (local.set $q (v128.load (local.get $x1)))
            (local.set $w (v128.load (local.get $w0)))
            (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $w) (local.get $p))))
            (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $w) (local.get $q))))
            (local.set $w (v128.load (local.get $w1)))
            (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $w) (local.get $p))))
            (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $w) (local.get $q))))
            (local.set $w (v128.load (local.get $w2)))
            (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $w) (local.get $p))))
            (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (local.get $w) (local.get $q))))
            (local.set $w (v128.load (local.get $w3)))
            (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $w) (local.get $p))))
            (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (local.get $w) (local.get $q))))
            (local.set $w0 (i32.add (local.get $w0) (i32.const 16)))
            (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
            (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
            (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
            (local.set $x1 (i32.add (local.get $x1) (i32.const 16)))
            (br_if $columns (i32.lt_u (local.tee $x0 (i32.add (local.get $x0) (i32.const 16))) (local.get $end))))
          (v128.store (local.get $to)
            (call $sums (local.get $a0) (local.get $a1) (local.get $a2) (local.get $a3)))
          (v128.store (i32.add (local.get $to) (local.get $out_size))
            (call $sums (local.get $b0) (local.get $b1) (local.get $b2) (local.get $b3)))
          (local.set $to (i32.add (local.get $to) (i32.shl (local.get $out_size) (i32.const 1))))
          (local.set $x0 (local.get $x1)) ;; the next pair begins where the second vector ended
          (local.set $w0 (i32.sub (local.get $w0) (local.get $row_size)))
          (local.set $left (i32.sub (local.get $left) (i32.const 2)))
          (br $pairs)))
      (if (local.get $left)
        (then
          (local.set $w1 (i32.add (local.get $w0) (local.get $row_size)))
          (local.set $w2 (i32.add (local.get $w1) (local.get $row_size)))
          (local.set $w3 (i32.add (local.get $w2) (local.get $row_size)))
          (local.set $end (i32.add (local.get $x0) (local.get $row_size)))
          (local.set $a0 (v128.const f32x4 0 0 0 0)) (local.set $a1 (v128.const f32x4 0 0 0 0))
          (local.set $a2 (v128.const f32x4 0 0 0 0)) (local.set $a3 (v128.const f32x4 0 0 0 0))
          (loop $columns
            (local.set $p (v128.load (local.get $x0)))
            (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (v128.load (local.get $w0)) (local.get $p))))
            (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (v128.load (local.get $w1)) (local.get $p))))
            (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (v128.load (local.get $w2)) (local.get $p))))
            (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (v128.load (local.get $w3)) (local.get $p))))
            (local.set $w0 (i32.add (local.get $w0) (i32.const 16)))
            (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
            (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
            (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
            (br_if $columns (i32.lt_u (local.tee $x0 (i32.add (local.get $x0) (i32.const 16))) (local.get $end))))
          (v128.store (local.get $to)
            (call $sums (local.get $a0) (local.get $a1) (local.get $a2) (local.get $a3)))
          (local.set $w0 (i32.sub (local.get $w0) (local.get $row_size)))))
      (local.set $w0 (i32.add (local.get $w0) (i32.shl (local.get $row_size) (i32.const 2))))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $rows_loop (local.tee $rows (i32.sub (local.get $rows) (i32.const 4))))))

  ;; out[v] += sum over r of matrix[r] * y[v][r]: of each four rows, all vectors. What `out` holds before is kept.
  (func (export "multiply_transposed")
    (param $matrix i32) (param $rows i32) (param $row_size i32)
    (param $y i32) (param $vectors i32) (param $y_size i32) (param $out i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local $from i32) (local $left i32) (local $to i32) (local $end i32)
    (local $y0 v128) (local $y1 v128) (local $y2 v128) (local $y3 v128)
    (local.set $w0 (local.get $matrix))
    (loop $rows_loop
      (local.set $from (local.get $y))
      (local.set $to (local.get $out))
      (local.set $left (local.get $vectors))
      (loop $vectors_loop
        (local.set $w1 (i32.add (local.get $w0) (local.get $row_size)))
        (local.set $w2 (i32.add (local.get $w1) (local.get $row_size)))
        (local.set $w3 (i32.add (local.get $w2) (local.get $row_size)))
        (local.set $y0 (v128.load32_splat (local.get $from)))
        (local.set $y1 (v128.load32_splat offset=4 (local.get $from)))
        (local.set $y2 (v128.load32_splat offset=8 (local.get $from)))
        (local.set $y3 (v128.load32_splat offset=12 (local.get $from)))
        (local.set $end (i32.add (local.get $to) (local.get $row_size)))
        (loop $columns
          (v128.store (local.get $to)
            (f32x4.add (v128.load (local.get $to))
              (f32x4.add
                (f32x4.add
                  (f32x4.mul (v128.load (local.get $w0)) (local.get $y0))
                  (f32x4.mul (v128.load (local.get $w1)) (local.get $y1)))
                (f32x4.add
                  (f32x4.mul (v128.load (local.get $w2)) (local.get $y2))
                  (f32x4.mul (v128.load (local.get $w3)) (local.get $y3))))))
          (local.set $w0 (i32.add (local.get $w0) (i32.const 16)))
          (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
          (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
          (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
          (br_if $columns (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $end))))
        (local.set $w0 (i32.sub (local.get $w0) (local.get $row_size)))
        (local.set $from (i32.add (local.get $from) (local.get $y_size)))
        (br_if $vectors_loop (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $w0 (i32.add (local.get $w0) (i32.shl (local.get $row_size) (i32.const 2))))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (br_if $rows_loop (local.tee $rows (i32.sub (local.get $rows) (i32.const 4))))))

  ;; out[v][r] = scales[r] * units[v] * matrix[r] . x[v], of an integer matrix. A vector's numbers are integers, too:
  ;; first the higher halves h of all and then the lower ones l, 16 bits each, which stand for h + l / 2^15. The sums of
  ;; products are exact: 2048 columns just fit 32 bits. Of each four rows, which stay in the nearest cache, all vectors.
  (func (export "multiply_integers")
    (param $matrix i32) (param $rows i32) (param $row_size i32) (param $scales i32)
    (param $x i32) (param $vectors i32) (param $units i32) (param $out i32) (param $out_size i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local $h i32) (local $l i32) (local $end i32) (local $left i32) (local $to i32) (local $unit i32)
    (local $p v128) (local $q v128) (local $w v128)
    (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)
    (local $l0 v128) (local $l1 v128) (local $l2 v128) (local $l3 v128)
    (local.set $w0 (local.get $matrix))
    (loop $rows_loop
      (local.set $h (local.get $x))
      (local.set $to (local.get $out))
      (local.set $unit (local.get $units))
      (local.set $left (local.get $vectors))
      (loop $vectors_loop
        (local.set $w1 (i32.add (local.get $w0) (local.get $row_size)))
        (local.set $w2 (i32.add (local.get $w1) (local.get $row_size)))
        (local.set $w3 (i32.add (local.get $w2) (local.get $row_size)))
        (local.set $l (i32.add (local.get $h) (i32.shl (local.get $row_size) (i32.const 1))))
        (local.set $end (local.get $l))
        (local.set $h0 (v128.const i32x4 0 0 0 0)) (local.set $h1 (v128.const i32x4 0 0 0 0))
        (local.set $h2 (v128.const i32x4 0 0 0 0)) (local.set $h3 (v128.const i32x4 0 0 0 0))
        (local.set $l0 (v128.const i32x4 0 0 0 0)) (local.set $l1 (v128.const i32x4 0 0 0 0))
        (local.set $l2 (v128.const i32x4 0 0 0 0)) (local.set $l3 (v128.const i32x4 0 0 0 0))
        (loop $columns
          (local.set $p (v128.load (local.get $h)))
          (local.set $q (v128.load (local.get $l)))
          (local.set $w (v128.load8x8_s (local.get $w0)))
          (local.set $h0 (i32x4.add (local.get $h0) (i32x4.dot_i16x8_s (local.get $w) (local.get $p))))
          (local.set $l0 (i32x4.add (local.get $l0) (i32x4.dot_i16x8_s (local.get $w) (local.get $q))))
          (local.set $w (v128.load8x8_s (local.get $w1)))
          (local.set $h1 (i32x4.add (local.get $h1) (i32x4.dot_i16x8_s (local.get $w) (local.get $p))))
          (local.set $l1 (i32x4.add (local.get $l1) (i32x4.dot_i16x8_s (local.get $w) (local.get $q))))
          (local.set $w (v128.load8x8_s (local.get $w2)))
          (local.set $h2 (i32x4.add (local.get $h2) (i32x4.dot_i16x8_s (local.get $w) (local.get $p))))
          (local.set $l2 (i32x4.add (local.get $l2) (i32x4.dot_i16x8_s (local.get $w) (local.get $q))))
          (local.set $w (v128.load8x8_s (local.get $w3)))
          (local.set $h3 (i32x4.add (local.get $h3) (i32x4.dot_i16x8_s (local.get $w) (local.get $p))))
          (local.set $l3 (i32x4.add (local.get $l3) (i32x4.dot_i16x8_s (local.get $w) (local.get $q))))
          (local.set $w0 (i32.add (local.get $w0) (i32.const 8)))
          (local.set $w1 (i32.add (local.get $w1) (i32.const 8)))
          (local.set $w2 (i32.add (local.get $w2) (i32.const 8)))
          (local.set $w3 (i32.add (local.get $w3) (i32.const 8)))
          (local.set $l (i32.add (local.get $l) (i32.const 16)))
          (br_if $columns (i32.lt_u (local.tee $h (i32.add (local.get $h) (i32.const 16))) (local.get $end))))
        (v128.store (local.get $to)
          (f32x4.mul
            (f32x4.mul (v128.load (local.get $scales)) (v128.load32_splat (local.get $unit)))
            (call $sums
              (call $joined (local.get $h0) (local.get $l0)) (call $joined (local.get $h1) (local.get $l1))
              (call $joined (local.get $h2) (local.get $l2)) (call $joined (local.get $h3) (local.get $l3)))))
        (local.set $h (local.get $l)) ;; the next vector begins where this one's lower halves ended
        (local.set $w0 (i32.sub (local.get $w0) (local.get $row_size)))
        (local.set $to (i32.add (local.get $to) (local.get $out_size)))
        (local.set $unit (i32.add (local.get $unit) (i32.const 4)))
        (br_if $vectors_loop (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $w0 (i32.add (local.get $w0) (i32.shl (local.get $row_size) (i32.const 2))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $rows_loop (local.tee $rows (i32.sub (local.get $rows) (i32.const 4))))))

  ;; The sums over higher and over lower halves as floating-point numbers.
  (func $joined (param $h v128) (param $l v128) (result v128)
    (f32x4.add
      (f32x4.convert_i32x4_s (local.get $h))
      (f32x4.mul (f32x4.convert_i32x4_s (local.get $l)) (f32x4.splat (f32.const 0x1p-15)))))

  ;; Rows of an integer matrix as floating-point numbers, each multiplied by its row's scale.
  (func (export "widen")
    (param $matrix i32) (param $rows i32) (param $row_size i32) (param $scales i32) (param $to i32)
    (local $end i32) (local $w v128) (local $scale v128)
    (loop $rows_loop
      (local.set $scale (v128.load32_splat (local.get $scales)))
      (local.set $end (i32.add (local.get $matrix) (local.get $row_size)))
      (loop $columns
        (local.set $w (v128.load8x8_s (local.get $matrix)))
        (v128.store (local.get $to)
          (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $w)))))
        (v128.store offset=16 (local.get $to)
          (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $w)))))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br_if $columns
          (i32.lt_u (local.tee $matrix (i32.add (local.get $matrix) (i32.const 8))) (local.get $end))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $rows_loop (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; exp, to about the last digit, between e^-87 and e^88. Source: Moshier, Cephes (expf).
  (func $exp (param $x v128) (result v128)
    (local $n v128) (local $sum v128)
    (local.set $x (f32x4.min (f32x4.max (local.get $x) (f32x4.splat (f32.const -87))) (f32x4.splat (f32.const 88))))
    (local.set $n (f32x4.nearest (f32x4.mul (local.get $x) (f32x4.splat (f32.const 1.44269504)))))
    ;; what is left of x when n times ln 2 is taken away, in two parts so that nothing is rounded
    (local.set $x (f32x4.sub (local.get $x) (f32x4.mul (local.get $n) (f32x4.splat (f32.const 0.693359375)))))
    (local.set $x (f32x4.add (local.get $x) (f32x4.mul (local.get $n) (f32x4.splat (f32.const 2.12194440e-4)))))
    (local.set $sum (f32x4.splat (f32.const 1.9875691500e-4)))
    (local.set $sum
      (f32x4.add (f32x4.mul (local.get $sum) (local.get $x)) (f32x4.splat (f32.const 1.3981999507e-3))))
    (local.set $sum
      (f32x4.add (f32x4.mul (local.get $sum) (local.get $x)) (f32x4.splat (f32.const 8.3334519073e-3))))
    (local.set $sum
      (f32x4.add (f32x4.mul (local.get $sum) (local.get $x)) (f32x4.splat (f32.const 4.1665795894e-2))))
    (local.set $sum
      (f32x4.add (f32x4.mul (local.get $sum) (local.get $x)) (f32x4.splat (f32.const 1.6666665459e-1))))
    (local.set $sum
      (f32x4.add (f32x4.mul (local.get $sum) (local.get $x)) (f32x4.splat (f32.const 5.0000001201e-1))))
    (local.set $sum
      (f32x4.add (f32x4.mul (f32x4.mul (local.get $sum) (local.get $x)) (local.get $x)) (local.get $x)))
    (f32x4.mul ;; by 2^n, whose exponent is written as it is
      (f32x4.add (local.get $sum) (f32x4.splat (f32.const 1)))
      (i32x4.shl
        (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $n)) (i32x4.splat (i32.const 127)))
        (i32.const 23))))

  (func $sigmoid (param $x v128) (result v128)
    (f32x4.div
      (f32x4.splat (f32.const 1))
      (f32x4.add (f32x4.splat (f32.const 1)) (call $exp (f32x4.neg (local.get $x))))))

  (func $tanh (param $x v128) (result v128)
    (f32x4.sub
      (f32x4.splat (f32.const 1))
      (f32x4.div
        (f32x4.splat (f32.const 2))
        (f32x4.add (f32x4.splat (f32.const 1)) (call $exp (f32x4.add (local.get $x) (local.get $x)))))))

  ;; One step of an LSTM for some rows. The gates i, f, g, o of a row lie one behind the other, each of gate_size bytes,
  ;; and so do what inputs and code add to them. Opened, each takes row_size bytes, as h and c do: gate_size filled up.
  (func (export "lstm_step")
    (param $gates i32) (param $inputs i32) (param $code i32) (param $gate_size i32) (param $rows i32)
    (param $opened i32) (param $h i32) (param $c i32) (param $row_size i32)
    (local $at i32) (local $next i32) (local $to i32)
    (local $i v128) (local $f v128) (local $g v128) (local $o v128)
    (loop $rows_loop
      (local.set $at (i32.const 0))
      (loop $numbers
        (local.set $i (call $sigmoid (call $gate
          (local.get $gates) (local.get $inputs) (local.get $code) (local.get $at))))
        (local.set $next (i32.add (local.get $at) (local.get $gate_size)))
        (local.set $f (call $sigmoid (call $gate
          (local.get $gates) (local.get $inputs) (local.get $code) (local.get $next))))
        (local.set $next (i32.add (local.get $next) (local.get $gate_size)))
        (local.set $g (call $tanh (call $gate
          (local.get $gates) (local.get $inputs) (local.get $code) (local.get $next))))
        (local.set $next (i32.add (local.get $next) (local.get $gate_size)))
        (local.set $o (call $sigmoid (call $gate
          (local.get $gates) (local.get $inputs) (local.get $code) (local.get $next))))
        (local.set $to (i32.add (local.get $opened) (local.get $at)))
        (v128.store (local.get $to) (local.get $i))
        (v128.store (local.tee $to (i32.add (local.get $to) (local.get $row_size))) (local.get $f))
        (v128.store (local.tee $to (i32.add (local.get $to) (local.get $row_size))) (local.get $g))
        (v128.store (i32.add (local.get $to) (local.get $row_size)) (local.get $o))
        (local.set $to (i32.add (local.get $c) (local.get $at)))
        (local.set $i
          (f32x4.add
            (f32x4.mul (local.get $f) (v128.load (local.get $to)))
            (f32x4.mul (local.get $i) (local.get $g))))
        (v128.store (local.get $to) (local.get $i))
        (v128.store (i32.add (local.get $h) (local.get $at))
          (f32x4.mul (local.get $o) (call $tanh (local.get $i))))
        (br_if $numbers
          (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $gate_size))))
      (local.set $at (i32.shl (local.get $gate_size) (i32.const 2)))
      (local.set $gates (i32.add (local.get $gates) (local.get $at)))
      (local.set $inputs (i32.add (local.get $inputs) (local.get $at)))
      (local.set $code (i32.add (local.get $code) (local.get $at)))
      (local.set $opened (i32.add (local.get $opened) (i32.shl (local.get $row_size) (i32.const 2))))
      (local.set $h (i32.add (local.get $h) (local.get $row_size)))
      (local.set $c (i32.add (local.get $c) (local.get $row_size)))
      (br_if $rows_loop (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Four numbers of a gate, with what inputs and code add.
  (func $gate (param $gates i32) (param $inputs i32) (param $code i32) (param $at i32) (result v128)
    (f32x4.add
      (v128.load (i32.add (local.get $gates) (local.get $at)))
      (f32x4.add
        (v128.load (i32.add (local.get $inputs) (local.get $at)))
        (v128.load (i32.add (local.get $code) (local.get $at))))))

  ;; Which of some numbers is the largest when a bias has been added to each, the first of such: its place from 0.
  ;; Sizes are multiples of 16 bytes.
  (func (export "likeliest") (param $numbers i32) (param $bias i32) (param $size i32) (result i32)
    (local $at i32) (local $largest v128)
    (local.set $largest (f32x4.splat (f32.const -inf)))
    (loop $sums
      (local.set $largest
        (f32x4.pmax (local.get $largest)
          (f32x4.add
            (v128.load (i32.add (local.get $numbers) (local.get $at)))
            (v128.load (i32.add (local.get $bias) (local.get $at))))))
      (br_if $sums (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $size))))
    (local.set $largest ;; in all four lanes
      (f32x4.pmax (local.get $largest)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $largest) (local.get $largest))))
    (local.set $largest
      (f32x4.pmax (local.get $largest)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $largest) (local.get $largest))))
    (local.set $at (i32.const 0))
    (loop $places
      (if
        (f32.eq
          (f32.add
            (f32.load (i32.add (local.get $numbers) (local.get $at)))
            (f32.load (i32.add (local.get $bias) (local.get $at))))
          (f32x4.extract_lane 0 (local.get $largest)))
        (then (return (i32.shr_u (local.get $at) (i32.const 2)))))
      (br_if $places (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $size))))
    (i32.const 0))) ;; none is a number
