// admin_test.cc
