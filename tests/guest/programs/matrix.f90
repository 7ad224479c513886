! SPDX-License-Identifier: BSD-2-Clause
! Fortran: arrays, formatted and direct files, internal files, complex numbers, a stop code.
program matrix
  implicit none
  integer, parameter :: n = 60
  real(8) :: a(n, n), b(n, n), c(n, n)
  complex(8) :: z
  integer :: i, j, status
  character(len=40) :: text
  do j = 1, n
    do i = 1, n
      a(i, j) = 1d0 / (i + j - 1)
      b(i, j) = merge(1d0, 0d0, i == j)
    end do
  end do
  c = matmul(a, b)
  print '(a, f12.8)', 'trace', sum([(c(i, i), i = 1, n)])
  z = exp(cmplx(0d0, acos(-1d0), 8))
  print '(a, 2f8.4)', 'euler', real(z) , abs(aimag(z))
  open (unit=10, file='/tmp/direct', access='direct', recl=8, form='unformatted', status='replace')
  do i = 1, 100
    write (10, rec=i) real(i * i, 8)
  end do
  read (10, rec=77) a(1, 1)
  close (10)
  print '(a, f8.1)', 'record', a(1, 1)
  open (unit=11, file='/tmp/formatted', status='replace')
  write (11, '(3i5)') 1, 2, 3
  rewind (11)
  read (11, *) i, j
  close (11, status='delete')
  write (text, '(i0, a, i0)') i, ' and ', j
  print '(a)', trim(text)
  open (unit=12, file='/none', status='old', iostat=status)
  print '(a, l1)', 'missing ', status /= 0
  stop 5
end program matrix
